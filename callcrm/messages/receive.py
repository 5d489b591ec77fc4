"""Incoming messages and reports on our own, each recorded once, in whatever order they come."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select, update

from callcrm.base.ids import derived_id
from callcrm.base.phones import to_e164
from callcrm.carrier.messages import STATUS_RANKS, IncomingMessage, MessageForm, MessageStatus
from callcrm.config import Settings
from callcrm.customers import identity
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.messages import answers, media, texts
from callcrm.models import Direction, Message, MessageEvent
from callcrm.store.enqueue import enqueue_deferred
from callcrm.store.upsert import insert_if_absent

RECEIVED_JOB = "message_received"  # by which the nouns of `crm/` learn of it
UNKNOWN = "unknown"  # handed to the carrier, whose response was lost: it may be on its way
UNKNOWN_RANK = STATUS_RANKS["sending"]


def record_incoming(session: Session, settings: Settings, message: IncomingMessage, now: datetime) -> bool:
    """Inserts the message with its files, which jobs fetch; False for a repetition, which changes nothing but
    that another form under its SID is kept too.
    """
    if _is_kept(session, message.form):
        return False
    values = _other_party(session, settings, message.from_raw) | {
        "direction": Direction.INBOUND,
        "channel": message.channel,
        "from_raw": message.from_raw,
        "to_raw": message.to_raw,
        "body": message.body,
        "details": message.details,
        "status": "received",
        "status_rank": STATUS_RANKS["received"],
    }
    inserted = _insert(session, message.sid, values, now)
    if inserted is not None:
        media.add(session, inserted, message.media, now)
        answers.judge_incoming(session, inserted, now)
        announce(session, LiveKind.MESSAGE_UPDATED, inserted)
        enqueue_deferred(session, RECEIVED_JOB, inserted, {"message": inserted}, now)
    _keep_form(session, message.sid, message.form, now)
    return inserted is not None


def record_message_status(session: Session, settings: Settings, report: MessageStatus, now: datetime) -> bool:
    """Records the status of a message we sent; False if it is no newer than the one recorded.

    A report may come before the carrier's response to the sending has told us the SID: then it goes to the
    message whose sending has no response yet, or else into a row of its own.
    """
    if _is_kept(session, report.form):
        return False
    new = _raise_status(session, report) or _match_unanswered(session, report)
    if not new:
        values = _other_party(session, settings, report.to_raw) | {
            "direction": Direction.OUTBOUND,
            "channel": report.channel,
            "from_raw": report.from_raw,
            "to_raw": report.to_raw,
            "body": "",
            "details": {},
            **_status(report),
        }
        new = _insert(session, report.sid, values, now) is not None
    _keep_form(session, report.sid, report.form, now)
    if new:
        answers.judge(session, report.sid, now)
    return new


def _is_kept(session: Session, form: MessageForm) -> bool:
    """Whether this form came before, be it with its fields cut otherwise."""
    return session.exec(select(MessageEvent.id).where(MessageEvent.key == form.key)).first() is not None


def _keep_form(session: Session, sid: str, form: MessageForm, now: datetime) -> None:
    """Keeps the form with the message of this SID, once."""
    message_id = session.exec(select(Message.id).where(Message.carrier_sid == sid)).one()
    insert_if_absent(
        session,
        MessageEvent,
        "key",
        key=form.key,
        message_id=message_id,
        sid=sid,
        kind=form.kind,
        received_at=now,
        data=form.data,
    )


def _other_party(session: Session, settings: Settings, address: str) -> dict[str, Any]:
    phone = to_e164(address, settings.default_region)
    own = frozenset(settings.numbers) | frozenset(settings.operator_numbers)
    party = texts.party(phone, address)
    return {"phone": phone, "party": party, "customer_id": identity.resolve(session, phone, own)}


def _insert(session: Session, sid: str, values: dict[str, Any], now: datetime) -> str | None:
    """The id of the new message, None if there is one of this SID."""
    values["search_text"] = texts.search_text(values["body"], values["party"], values["details"])
    inserted: str | None = insert_if_absent(
        session,
        Message,
        "carrier_sid",
        id=derived_id("msg", sid),
        carrier_sid=sid,
        created_at=now,
        received_at=now,
        **{"error": None, "author_id": None, "answered_at": None, "answered_by": None} | values,
    )
    return inserted


def _status(report: MessageStatus) -> dict[str, Any]:
    return {"status": report.status, "status_rank": report.status_rank, "error": report.error}


def _raise_status(session: Session, report: MessageStatus) -> bool:
    """Moves the status up, never down: reports come in any order, and several at the same moment."""
    message = (col(Message.carrier_sid) == report.sid, col(Message.direction) == Direction.OUTBOUND)
    updated = session.exec(
        update(Message)
        .where(*message, col(Message.status_rank) < report.status_rank)
        .values(**_status(report))
    )
    return bool(updated.rowcount)


def _match_unanswered(session: Session, report: MessageStatus) -> bool:
    """Gives the SID to the oldest message to this number whose sending had no response."""
    same_sid = select(Message.id).where(Message.carrier_sid == report.sid)
    if session.exec(same_sid).first() is not None:
        return False
    oldest = (
        select(Message.id)
        .where(Message.status == UNKNOWN, Message.to_raw == report.to_raw)
        .where(col(Message.carrier_sid).is_(None))
        .order_by(col(Message.created_at), col(Message.id))
        .limit(1)
        .scalar_subquery()
    )
    updated = session.exec(
        update(Message)
        .where(col(Message.id) == oldest, col(Message.carrier_sid).is_(None))
        .values(carrier_sid=report.sid, **_status(report))
    )
    return bool(updated.rowcount)
