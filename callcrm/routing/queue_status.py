"""The queues as they are at this moment."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from callcrm.models import Agent, AgentState, Call, User
from callcrm.routing.priority import is_waiting
from callcrm.routing.selection import serves


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """One queue: how many wait, the first of them how long, and its agents by state."""

    name: str
    waiting: int
    longest_wait_seconds: int | None
    agents: dict[str, int]


def queue_statuses(session: Session, now: datetime, names: Iterable[str] = ()) -> list[QueueStatus]:
    """The named queues, those somebody waits in and those agents serve by name, sorted."""
    callers = _callers(session, now)
    agents = _agents(session)
    served = {queue for _, queues in agents for queue in queues or ()}
    return [_status(name, callers, agents, now) for name in sorted({*names, *callers, *served})]


def _callers(session: Session, now: datetime) -> dict[str, tuple[int, datetime]]:
    """By queue how many wait, and since when the first of them."""
    first_since = func.min(func.coalesce(col(Call.queued_at), col(Call.started_at)))
    statement = select(Call.queue, func.count(), first_since).where(is_waiting(now)).group_by(col(Call.queue))
    return {queue: (count, since) for queue, count, since in session.exec(statement) if queue}


def _agents(session: Session) -> Sequence[tuple[str, Sequence[str] | None]]:
    statement = (
        select(Agent.state, Agent.queues)
        .join(User, col(User.id) == col(Agent.id))
        .where(col(User.disabled_at).is_(None))
    )
    return [(state, queues) for state, queues in session.exec(statement)]


def _status(
    name: str,
    callers: dict[str, tuple[int, datetime]],
    agents: Sequence[tuple[str, Sequence[str] | None]],
    now: datetime,
) -> QueueStatus:
    count, since = callers.get(name, (0, None))
    states = Counter(state for state, queues in agents if serves(queues, name))
    longest = max(0, int((now - since).total_seconds())) if since else None
    return QueueStatus(name, count, longest, {state: states[state] for state in AgentState})
