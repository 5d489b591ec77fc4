"""Keeping events once: a repetition changes nothing, be it a retry, a replay or found by reconciling."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import Session

from callcrm.ledger.facts import Facts, facts_from_json
from callcrm.models import Call, CarrierEvent, Leg
from callcrm.models.conventions import table_of
from callcrm.store.deferred_writes import read_prepared, write_deferred

EVENT = table_of(CarrierEvent)
LEG = table_of(Leg)
CALL = table_of(Call)


@dataclass(frozen=True, slots=True)
class Event:
    """One event, on its way into the ledger or out of it.

    `root_sid` is the SID of the call it belongs to, as far as the event itself tells. `former_key` is the key
    it had in ledgers of version 0001, which may hold it.
    """

    key: str
    account: str
    root_sid: str
    sid: str
    kind: str
    received_at: datetime
    data: dict[str, Any]
    facts: Facts
    answer: str | None = None
    former_key: str = ""

    @property
    def at(self) -> datetime | None:
        """The carrier's time of the event."""
        return self.facts.at

    def to_json(self) -> dict[str, Any]:
        """The event as a line of the spool."""
        return {
            "key": self.key,
            "account": self.account,
            "root_sid": self.root_sid,
            "sid": self.sid,
            "kind": self.kind,
            "received_at": self.received_at.isoformat(),
            "data": self.data,
            "facts": self.facts.to_json(),
            "answer": self.answer,
        }


def event_from_json(line: dict[str, Any]) -> Event:
    """An event from its line in the spool."""
    received_at = datetime.fromisoformat(line["received_at"]).astimezone(UTC)
    return Event(**{**line, "received_at": received_at, "facts": facts_from_json(line["facts"])})


def signed_key(target: str, signed_text: bytes) -> str:
    """What all repetitions of a request share: all that its signature covers behind the public URL, which is
    path and query, and names and values of the form with nothing between them.

    Whoever has seen a request can send it with other fields of the same text (`Digit=s1` for `Digits=1`), or
    with some of them moved into the URL; to the signature they are one, so they are one to the ledger. The
    carrier's own idempotency token is covered by no signature, and not every compatible carrier sends one.
    """
    return hashlib.sha256(target.encode() + signed_text).hexdigest()


def event_key(account: str, kind: str, path: str, fields: Sequence[tuple[str, str]]) -> str:
    """What all repetitions of an event that nobody signed share, such as one from the carrier's lists."""
    own = "\x1f".join((account, kind, path))
    parts = [f"\x1e{name}\x1f{value}" for name, value in sorted(fields)]
    return hashlib.sha256("".join((own, *parts)).encode("utf-8", "replace")).hexdigest()


_INSERT = insert(EVENT)
_ANSWER_OF = select(EVENT.c.answer).where(EVENT.c.key.in_((bindparam("key"), bindparam("former_key"))))
_FACTS_OF_CALL = select(EVENT.c.facts).where(EVENT.c.root_sid == bindparam("root"))
_MOVE = (
    update(EVENT)
    .where(EVENT.c.root_sid == bindparam("child"))
    .values(root_sid=bindparam("root"))
    .returning(EVENT.c.id)
)
_ROOT_OF_LEG = (
    select(CALL.c.carrier_sid)
    .join(LEG, LEG.c.call_id == CALL.c.id)
    .where(LEG.c.carrier_sid == bindparam("leg"))
)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event that is in the ledger already, with the document that answered it."""

    answer: str | None


def answered_before(session: Session, event: Event) -> Event | None:
    """The event with the document that answered it before, None if it is new."""
    rows = read_prepared(session, _ANSWER_OF, keys(event))
    return replace(event, answer=rows[0]["answer"]) if rows else None


def keys(event: Event) -> dict[str, str]:
    """The keys under which the ledger may hold the event, for a statement."""
    return {"key": event.key, "former_key": event.former_key}


def add_event(session: Session, event: Event) -> None:
    """Add a new event to the ledger; a race for the same key ends in the store's unique constraint."""
    write_deferred(
        session,
        _INSERT,
        {
            "key": event.key,
            "account": event.account,
            "root_sid": event.root_sid,
            "sid": event.sid,
            "kind": event.kind,
            "at": event.at,
            "received_at": event.received_at,
            "data": event.data,
            "facts": event.facts.to_json(),
            "answer": event.answer,
        },
    )


def facts_of_call(session: Session, root_sid: str) -> list[Facts]:
    """The facts of every event of a call, in no particular order."""
    rows = read_prepared(session, _FACTS_OF_CALL, {"root": root_sid})
    return [facts_from_json(row["facts"]) for row in rows]


def events_of_call(session: Session, root_sid: str) -> list[Event]:
    """Every event of a call, in the order of their arrival."""
    rows = session.connection().execute(
        select(EVENT).where(EVENT.c.root_sid == root_sid).order_by(EVENT.c.id)
    )
    return [
        Event(
            key=row.key,
            account=row.account,
            root_sid=row.root_sid,
            sid=row.sid,
            kind=row.kind,
            received_at=row.received_at,
            data=row.data,
            facts=facts_from_json(row.facts),
            answer=row.answer,
        )
        for row in rows
    ]


def with_root_call(session: Session, event: Event) -> Event:
    """The event under the call it belongs to, where an earlier event told whose leg this is.

    The callbacks of a child leg name their parent; a recording's names a leg and nothing else.
    """
    if event.facts.parent or event.facts.direction in ("inbound", "outbound"):
        return event
    rows = read_prepared(session, _ROOT_OF_LEG, {"leg": event.root_sid})
    return replace(event, root_sid=rows[0]["carrier_sid"]) if rows else event


def move_to_call(session: Session, child_sid: str, root_sid: str) -> bool:
    """Move the events of a leg, kept as a call of its own, to the call it turns out to belong to.

    True if there were any. A leg's callback may arrive before the request that names it as a leg.
    """
    return bool(read_prepared(session, _MOVE, {"child": child_sid, "root": root_sid}))


def check_readable(session: Session) -> None:
    """Raises what the store raises where the ledger can't be read."""
    session.connection().execute(select(EVENT.c.id).limit(1))
