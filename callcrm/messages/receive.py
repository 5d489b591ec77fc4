"""What the carrier tells of messages, taken in: once each, in any order."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select, update

from callcrm.base.ids import derived_id
from callcrm.base.phones import to_e164
from callcrm.carrier.messages import STATUS_RANKS, IncomingMessage, MessageStatus
from callcrm.config import Settings
from callcrm.customers import identity
from callcrm.models import Direction, Message
from callcrm.store.upsert import insert_if_absent

UNKNOWN = "unknown"  # sent, and no answer came: it may be on its way
UNKNOWN_RANK = STATUS_RANKS["sending"]


def record_incoming(session: Session, settings: Settings, message: IncomingMessage, now: datetime) -> bool:
    """Whether the message is new to us; a repetition changes nothing."""
    facts = _party(session, settings, message.from_raw) | {
        "direction": Direction.INBOUND,
        "channel": message.channel,
        "from_raw": message.from_raw,
        "to_raw": message.to_raw,
        "body": message.body,
        "status": "received",
        "status_rank": STATUS_RANKS["received"],
    }
    return _insert(session, message.sid, facts, now)


def record_delivery(session: Session, settings: Settings, report: MessageStatus, now: datetime) -> bool:
    """Whether the report says more than we knew; one that comes before the message's own row makes it."""
    if _raise(session, report) or _adopt(session, report):
        return True
    facts = _party(session, settings, report.to_raw) | {
        "direction": Direction.OUTBOUND,
        "channel": report.channel,
        "from_raw": report.from_raw,
        "to_raw": report.to_raw,
        "body": "",
        **_progress(report),
    }
    return _insert(session, report.sid, facts, now)


def _party(session: Session, settings: Settings, address: str) -> dict[str, Any]:
    phone = to_e164(address, settings.default_region)
    own = frozenset(settings.numbers) | frozenset(settings.operator_numbers)
    return {"phone": phone, "customer_id": identity.resolve(session, phone, own)}


def _insert(session: Session, sid: str, facts: dict[str, Any], now: datetime) -> bool:
    values = {"error": None, "author_id": None} | facts
    made = insert_if_absent(
        session,
        Message,
        "carrier_sid",
        id=derived_id("msg", sid),
        carrier_sid=sid,
        created_at=now,
        received_at=now,
        **values,
    )
    return made is not None


def _progress(report: MessageStatus) -> dict[str, Any]:
    return {"status": report.status, "status_rank": report.rank, "error": report.error}


def _raise(session: Session, report: MessageStatus) -> bool:
    """Move the message's status up, never down, whoever else moves it at this moment."""
    theirs = (col(Message.carrier_sid) == report.sid, col(Message.direction) == Direction.OUTBOUND)
    moved = session.exec(
        update(Message).where(*theirs, col(Message.status_rank) < report.rank).values(**_progress(report))
    )
    return bool(moved.rowcount)


def _adopt(session: Session, report: MessageStatus) -> bool:
    """Give the SID to the oldest message to this number whose sending was never answered."""
    known = select(Message.id).where(Message.carrier_sid == report.sid)
    if session.exec(known).first() is not None:
        return False
    lost = (
        select(Message.id)
        .where(Message.status == UNKNOWN, Message.to_raw == report.to_raw)
        .where(col(Message.carrier_sid).is_(None))
        .order_by(col(Message.created_at), col(Message.id))
        .limit(1)
        .scalar_subquery()
    )
    found = session.exec(
        update(Message)
        .where(col(Message.id) == lost, col(Message.carrier_sid).is_(None))
        .values(carrier_sid=report.sid, **_progress(report))
    )
    return bool(found.rowcount)
