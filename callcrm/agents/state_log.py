"""What agents chose to do, written down: so that one can say later why nothing rang."""

from datetime import datetime

from sqlalchemy import Table, insert
from sqlmodel import Session, col, select

from callcrm.base.ids import new_id
from callcrm.models import StateChange

CHANGES: Table = StateChange.__table__  # type: ignore[attr-defined]


def note(session: Session, agent_id: str, state: str, at: datetime, by: str | None = None) -> None:
    """The agent is to be in this state from now on; `by` somebody else than themselves."""
    by = None if by == agent_id else by
    session.connection().execute(
        insert(CHANGES).values(id=new_id("change", at), agent_id=agent_id, state=state, at=at, by=by)
    )


def changes(session: Session, agent_id: str, since: datetime) -> list[StateChange]:
    """The agent's changes since then, the earliest first, and before them the last of each sort there was."""
    mine = select(StateChange).where(StateChange.agent_id == agent_id)
    later = session.exec(mine.where(col(StateChange.at) >= since).order_by(col(StateChange.at))).all()
    earlier = mine.where(col(StateChange.at) < since).order_by(col(StateChange.at).desc())
    return [*reversed(session.exec(earlier.limit(20)).all()), *later]
