"""Builds calls with their events, legs, pops, notes and recordings, for the tests of pages."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from callcrm.i18n.locale import Locale
from callcrm.ledger.event_store import Event, add_event
from callcrm.ledger.facts import REQUEST, STATUS, Facts
from callcrm.models import Call, Leg, Note, Pop, Recording
from callcrm.views.calls.record import CallRecord
from tests.running import ACCOUNT, LINE
from tests.running_app import RunningApp

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
CALLER = "+12025550134"
ROOT, SARA, OMAR = "CA1", "CA2", "CA3"


def at(second: float) -> datetime:
    """A moment of the call, which begins at noon."""
    return NOON + timedelta(seconds=second)


def english_locale(clock: Any = lambda: NOON) -> Locale:
    """The locale of an English page."""
    return Locale("en", ZoneInfo("UTC"), "US", clock)


def event(second: float, kind: str, leg: str = ROOT, **facts: Any) -> Event:
    """An event of the carrier, received at this second of the call."""
    times = {"received_at": at(second)} if kind == REQUEST else {"received_at": at(second), "at": at(second)}
    event_facts = Facts(kind=kind, leg=leg, **{**times, **facts})
    parent = None if leg == ROOT else ROOT
    return Event(
        key=f"{kind}-{leg}-{second}-{facts.get('status') or facts.get('step') or ''}",
        account=ACCOUNT,
        root_sid=parent or leg,
        sid=leg,
        kind=kind,
        received_at=at(second),
        data={"CallSid": leg, "CallStatus": str(facts.get("status", ""))},
        facts=event_facts,
    )


def turn(second: float, step: int, **facts: Any) -> Event:
    """A call-flow request: the caller's turn number `step`."""
    return event(second, REQUEST, step=step, **facts)


def status(second: float, leg: str, status: str, **facts: Any) -> Event:
    """A status callback about one leg."""
    return event(second, STATUS, leg, status=status, step=None if leg == ROOT else 2, **facts)


def call(**more: Any) -> Call:
    """An answered call that began at noon; `more` overrides columns."""
    values = {
        "id": "call_1",
        "carrier_sid": ROOT,
        "direction": "inbound",
        "from_e164": CALLER,
        "to_e164": LINE,
        "phone": CALLER,
        "state": "ended",
        "outcome": "answered",
        "agent_id": "sara",
        "queue": "sales",
        "language": "en",
        "started_at": NOON,
        "answered_at": at(41),
        "ended_at": at(76),
        "wait_seconds": 35,
        "talk_seconds": 35,
        "duration_seconds": 76,
    }
    return Call(**{**values, **more})


def leg(sid: str, agent: str | None, rang: float, answered: float | None, ended: float, **more: Any) -> Leg:
    """A leg to an agent's phone; times in seconds of the call."""
    values = {
        "carrier_sid": sid,
        "call_id": "call_1",
        "agent_id": agent,
        "target": f"client:{agent}",
        "rang_at": at(rang),
        "answered_at": at(answered) if answered is not None else None,
        "ended_at": at(ended),
        "status": "completed" if answered is not None else "no_answer",
    }
    return Leg(**{**values, **more})


def pop(agent: str, sent: float, delivered: float | None = None, seen: float | None = None) -> Pop:
    """A screen pop; `delivered` and `seen` are seconds after `sent`."""
    return Pop(
        id=f"pop_{agent}",
        call_id="call_1",
        agent_id=agent,
        sent_at=at(sent),
        delivered_at=at(sent + delivered) if delivered is not None else None,
        seen_at=at(sent + seen) if seen is not None else None,
    )


def note(second: float, body: str) -> Note:
    """A note whose first letter was typed at this second."""
    created_at = at(second)
    return Note(
        id=f"note_{second}",
        call_id="call_1",
        author_id="sara",
        author="Sara Kovac",
        body=body,
        search_text=body.lower(),
        created_at=created_at,
        finished_at=created_at,
    )


def recording(**more: Any) -> Recording:
    """A stored recording of the call from the answer on."""
    values = {
        "id": "rec_1",
        "call_id": "call_1",
        "carrier_sid": "RE1",
        "kind": "call",
        "status": "stored",
        "duration_seconds": 35,
        "channels": 2,
        "storage_name": "0" * 32,
        "content_type": "audio/wav",
        "peaks": [[100, 0, 50, 0], [0, 100, 0, 50]],
        "created_at": at(41),
    }
    return Recording(**{**values, **more})


EVENTS = (
    turn(0, 0, destination="node", state="ivr", language="en"),
    turn(3, 1, destination="node", node="language", keys="1", language="en", state="ivr"),
    turn(6, 2, destination="queue", node="main", keys="1", queue="sales", state="ringing", announced=True),
    status(7, OMAR, "initiated", agent="omar", target="client:omar"),
    status(8, OMAR, "ringing", agent="omar", target="client:omar"),
    status(28, OMAR, "no_answer", agent="omar", target="client:omar"),
    turn(
        28,
        3,
        status="no_answer",
        dialled_leg=OMAR,
        bridged=False,
        destination="queue",
        queue="sales",
        state="ringing",
    ),
    status(29, SARA, "ringing", agent="sara", target="client:sara"),
    status(41, SARA, "in_progress", agent="sara", target="client:sara"),
    event(
        41, "recording", recording="RE1", recording_kind="call", recording_status="in_progress", channels=2
    ),
    status(76, SARA, "completed", agent="sara", target="client:sara", seconds=35),
    status(76, ROOT, "completed", direction="inbound", seconds=76),
)
"""The events of a call that Omar let ring and Sara answered."""

LEGS = (leg(OMAR, "omar", 8, None, 28), leg(SARA, "sara", 29, 41, 76))
NAMES = {"sara": "Sara Kovac", "omar": "Omar Vance"}


def call_record(
    events: Sequence[Event] = EVENTS,
    legs: Sequence[Leg] = LEGS,
    *,
    columns: dict[str, Any] | None = None,
    **more: Any,
) -> CallRecord:
    """The call with its events and legs; `columns` overrides those of the call."""
    return CallRecord(call(**(columns or {})), events, legs, names=NAMES, **more)


def store_call(app: RunningApp, *rows: Any, events: Sequence[Event] = EVENTS, **columns: Any) -> None:
    """Writes the call with its events and these rows (legs, pops, notes, recordings) into the store."""

    def verb(session: Session) -> None:
        session.add(call(**columns))
        session.flush()
        session.add_all(rows)
        for carrier_event in events:
            add_event(session, carrier_event)

    app.services.store.write_now(verb)
