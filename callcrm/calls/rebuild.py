"""Deriving a call's rows again from its events in the ledger."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from callcrm.calls.call_ended import enqueue_call_ended
from callcrm.calls.ingest import call_rows, projection
from callcrm.calls.runtime import CallRuntime
from callcrm.ledger import event_store
from callcrm.ledger.fold import fold


def roots(session: Session) -> list[str]:
    """The SIDs of all calls in the ledger."""
    return list(session.connection().execute(select(event_store.EVENT.c.root_sid).distinct()).scalars())


def rebuild(session: Session, runtime: CallRuntime, root_sid: str, now: datetime) -> bool:
    """Derives one call's rows anew; False if the ledger has no event of it. What users added stays."""
    events = event_store.events_of_call(session, root_sid)
    if not events:
        return False
    history = fold([event.facts for event in events], root_sid)
    row = call_rows.locked(session, root_sid)
    projection.project(session, runtime, events[-1], history, row, now, anew=True)
    enqueue_call_ended(session, call_rows.call_id(root_sid), f"rebuild {now.isoformat()}", now)
    return True
