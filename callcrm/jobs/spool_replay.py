"""What was spooled while the store was away, recorded once it is back."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import structlog
from sqlmodel import Session

from callcrm.base.clock import Clock
from callcrm.calls.ingest import ingest
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier import messages as carrier_messages
from callcrm.carrier.form import Form
from callcrm.jobs.retry import describe_error
from callcrm.ledger.dead_letters import AT, ERROR
from callcrm.ledger.event_store import Event, event_from_json
from callcrm.ledger.spool import Record
from callcrm.messages import receive
from callcrm.store.store import Store, StoreDown

REPLAY_DEADLINE = 30.0
log = structlog.get_logger()


def event_record(event: Event) -> Record:
    """A call event as a record of the spool."""
    return {"kind": "event", "at": event.received_at.isoformat(), "data": event.to_json()}


def message_record(form: Form, target: str, now: datetime, *, status: bool) -> Record:
    """A message webhook's form as a record of the spool; `status` for a status callback."""
    kind = "delivery" if status else "incoming"
    return {"kind": kind, "at": now.isoformat(), "target": target, "data": form.pairs()}


def _incoming(session: Session, runtime: CallRuntime, record: Record, now: datetime) -> None:
    message = carrier_messages.parse_message(_form(record), record.get("target", ""))
    receive.record_incoming(session, runtime.settings, message, _received_at(record, now))


def _delivery(session: Session, runtime: CallRuntime, record: Record, now: datetime) -> None:
    status = carrier_messages.parse_message_status(_form(record), record.get("target", ""))
    receive.record_message_status(session, runtime.settings, status, _received_at(record, now))


def _event(session: Session, runtime: CallRuntime, record: Record, now: datetime) -> None:
    ingest.record_answered(session, runtime, event_from_json(record["data"]), now)


def _form(record: Record) -> Form:
    return Form((name, value) for name, value in record["data"])


def _received_at(record: Record, now: datetime) -> datetime:
    """When the message came; now, for a record of a version that did not write that down."""
    return datetime.fromisoformat(record["at"]).astimezone(UTC) if "at" in record else now


RECORDERS: dict[str, Callable[[Session, CallRuntime, Record, datetime], None]] = {
    "event": _event,
    "incoming": _incoming,
    "delivery": _delivery,
}


async def replay(store: Store, runtime: CallRuntime, clock: Clock, records: list[Record]) -> list[Record]:
    """Records them in their order; StoreDown if the store is away again. Returns those whose verb failed,
    each with the time and kind of its error: one bad record must not hold back all that came after it.
    """
    dead = []
    for record in records:
        verb = partial(take_in, runtime=runtime, record=record, now=clock.now())
        try:
            await store.write(verb, deadline=REPLAY_DEADLINE)
        except StoreDown:
            raise
        except Exception as fault:
            error = describe_error(fault)
            log.error("a spooled record could not be taken in", kind=record.get("kind"), error=error)
            dead.append(record | {AT: clock.now().isoformat(), ERROR: error})
    return dead


def take_in(session: Session, *, runtime: CallRuntime, record: Record, now: datetime) -> None:
    """Records what was spooled."""
    RECORDERS[record["kind"]](session, runtime, record, now)
