"""What was spooled while the store was away, recorded once it is back."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlmodel import Session

from callcrm.base.clock import Clock
from callcrm.calls.ingest import ingest
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier import messages as carrier_messages
from callcrm.carrier.form import Form
from callcrm.ledger import event_store
from callcrm.ledger.event_store import Event, event_from_json
from callcrm.ledger.spool import Record
from callcrm.messages import receive
from callcrm.store.store import Store, StoreDown

REPLAY_DEADLINE = 30.0
log = structlog.get_logger()


def event_record(event: Event) -> Record:
    """A call event as a record of the spool."""
    return {"kind": "event", "data": event.to_json()}


def message_record(form: Form, *, status: bool) -> Record:
    """A message webhook's form as a record of the spool; `status` for a status callback."""
    return {"kind": "delivery" if status else "incoming", "data": form.pairs()}


def _incoming(session: Session, runtime: CallRuntime, data: Any, now: datetime) -> None:
    receive.record_incoming(session, runtime.settings, carrier_messages.parse_message(_form(data)), now)


def _delivery(session: Session, runtime: CallRuntime, data: Any, now: datetime) -> None:
    receive.record_message_status(
        session, runtime.settings, carrier_messages.parse_message_status(_form(data)), now
    )


def _event(session: Session, runtime: CallRuntime, data: Any, now: datetime) -> None:
    ingest.record_answered(session, runtime, event_from_json(data), now)


def _form(pairs: list[list[str]]) -> Form:
    return Form((name, value) for name, value in pairs)


RECORDERS: dict[str, Callable[[Session, CallRuntime, Any, datetime], None]] = {
    "event": _event,
    "incoming": _incoming,
    "delivery": _delivery,
}


async def replay(store: Store, runtime: CallRuntime, clock: Clock, records: list[Record]) -> None:
    """Records them in their order; StoreDown if the store is away again. A record whose verb fails is logged
    and, if it is a call event, kept in the ledger as it is.
    """
    for record in records:
        verb = partial(_record, runtime=runtime, record=record, now=clock.now())
        try:
            await store.write(verb, deadline=REPLAY_DEADLINE)
        except StoreDown:
            raise
        except Exception:
            # One bad record must not hold back all that came after it.
            log.exception("a spooled record could not be taken in", kind=record.get("kind"))
            await store.write(partial(_append_only, record=record), deadline=REPLAY_DEADLINE)


def _record(session: Session, *, runtime: CallRuntime, record: Record, now: datetime) -> None:
    RECORDERS[record["kind"]](session, runtime, record["data"], now)


def _append_only(session: Session, *, record: Record) -> None:
    """An event stays in the ledger even where its call can't be folded: a rebuild may do it later."""
    if record.get("kind") == "event":
        event = event_from_json(record["data"])
        if event_store.find(session, event.key) is None:
            event_store.add_event(session, event)
