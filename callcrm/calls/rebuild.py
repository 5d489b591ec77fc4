"""Deriving calls again from their stored events."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from callcrm.calls import project, rows
from callcrm.calls.house import House
from callcrm.ledger import keep
from callcrm.ledger.fold import fold


def roots(session: Session) -> list[str]:
    """The SIDs of all calls the ledger knows."""
    return list(session.connection().execute(select(keep.EVENT.c.root_sid).distinct()).scalars())


def rebuild(session: Session, house: House, root_sid: str, now: datetime) -> bool:
    """Derive one call again; False if the ledger has nothing of it. What people added stays."""
    events = keep.events_of(session, root_sid)
    if not events:
        return False
    history = fold([event.facts for event in events], root_sid)
    project.project(session, house, events[-1], history, rows.locked(session, root_sid), now)
    return True
