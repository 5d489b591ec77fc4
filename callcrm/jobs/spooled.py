"""What was spooled while the store was away, taken in once it is back."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlmodel import Session

from callcrm.base.clock import Clock
from callcrm.calls.ingest import ingest
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier import messages as heard
from callcrm.carrier.form import Form
from callcrm.ledger import event_store
from callcrm.ledger.event_store import Event, event_from_json
from callcrm.ledger.spool import Record
from callcrm.messages import receive as messages
from callcrm.store.store import Store, StoreDown

REPLAY_DEADLINE = 30.0
log = structlog.get_logger()


def event(said: Event) -> Record:
    """A carrier's event as a record of the spool."""
    return {"what": "event", "said": said.to_json()}


def message(form: Form, *, status: bool) -> Record:
    """A message's form as a record of the spool."""
    return {"what": "delivery" if status else "incoming", "said": form.pairs()}


def _incoming(session: Session, runtime: CallRuntime, said: Any, now: datetime) -> None:
    messages.received(session, runtime.settings, heard.incoming(_form(said)), now)


def _delivery(session: Session, runtime: CallRuntime, said: Any, now: datetime) -> None:
    messages.delivered(session, runtime.settings, heard.delivery(_form(said)), now)


def _event(session: Session, runtime: CallRuntime, said: Any, now: datetime) -> None:
    ingest.record_callback(session, runtime, event_from_json(said), now)


def _form(said: list[list[str]]) -> Form:
    return Form((name, value) for name, value in said)


TAKERS: dict[str, Callable[[Session, CallRuntime, Any, datetime], None]] = {
    "event": _event,
    "incoming": _incoming,
    "delivery": _delivery,
}


async def take_in(store: Store, runtime: CallRuntime, clock: Clock, records: list[Record]) -> None:
    """Take the records in, in their order. One that breaks its verb is kept as it came, and said aloud."""
    for record in records:
        verb = partial(_take, runtime=runtime, record=record, now=clock.now())
        try:
            await store.write(verb, deadline=REPLAY_DEADLINE)
        except StoreDown:
            raise
        except Exception:
            log.exception("a spooled record could not be taken in", what=record.get("what"))
            await store.write(partial(_keep_only, record=record), deadline=REPLAY_DEADLINE)


def _take(session: Session, *, runtime: CallRuntime, record: Record, now: datetime) -> None:
    TAKERS[record["what"]](session, runtime, record["said"], now)


def _keep_only(session: Session, *, record: Record) -> None:
    """An event stays in the ledger even where its call cannot be derived, for a rebuild to do later."""
    if record.get("what") == "event":
        said = event_from_json(record["said"])
        if event_store.find(session, said.key) is None:
            event_store.append(session, said)
