"""The log of states that agents chose, or a supervisor for them: it tells why one was not rung."""

from datetime import datetime

from sqlalchemy import insert
from sqlmodel import Session, col, select

from callcrm.base.ids import new_id
from callcrm.models import StateChange
from callcrm.models.conventions import table_of

CHANGES = table_of(StateChange)


def record_change(session: Session, agent_id: str, state: str, at: datetime, by: str | None = None) -> None:
    """Records that the agent chose this state, or `by` another user did for them."""
    by = None if by == agent_id else by
    session.connection().execute(
        insert(CHANGES).values(id=new_id("change", at), agent_id=agent_id, state=state, at=at, by_id=by)
    )


def changes_since(session: Session, agent_id: str, since: datetime) -> list[StateChange]:
    """The agent's changes since then, oldest first, preceded by the last 20 before."""
    of_agent = select(StateChange).where(StateChange.agent_id == agent_id)
    later = session.exec(of_agent.where(col(StateChange.at) >= since).order_by(col(StateChange.at))).all()
    earlier = of_agent.where(col(StateChange.at) < since).order_by(col(StateChange.at).desc())
    return [*reversed(session.exec(earlier.limit(20)).all()), *later]
