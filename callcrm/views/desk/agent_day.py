"""An agent's day: their state, due promises, and today's figures."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_
from sqlmodel import Session, col, func, select

from callcrm.agents import states
from callcrm.agents.ring_target import reachable_by
from callcrm.live import presence
from callcrm.models import Agent, Call, Customer, Promise, PromiseState, User
from callcrm.routing.selection import serves

DUE_WITHIN = timedelta(hours=12)


MOST_DUE = 6


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """The agent's state, and how they can be rung, in the order it is tried: softphone, phone."""

    agent: Agent
    ways: list[str]
    number: str | None

    @property
    def busy(self) -> bool:
        """Whether a call has claimed them: a state they choose then begins after it."""
        return self.agent.state in states.CLAIMED


@dataclass(frozen=True, slots=True)
class DuePromise:
    """A promise that is due soon, or overdue."""

    promise: Promise
    customer: Customer | None


@dataclass(frozen=True, slots=True)
class Today:
    """The agent's figures of today."""

    calls: int
    seconds: int


def agent_status(session: Session, agent_id: str, now: datetime) -> AgentStatus | None:
    """The agent's status; None for a user who is no agent."""
    agent, user = session.get(Agent, agent_id), session.get(User, agent_id)
    if agent is None or user is None:
        return None
    return AgentStatus(agent, reachable_by(agent, user, now), user.number)


def due_promises(session: Session, agent_id: str, now: datetime) -> list[DuePromise]:
    """Open promises due within half a day: the agent's own, and nobody's in the queues they serve."""
    agent = session.get(Agent, agent_id)
    queues = agent.queues if agent else []
    statement = (
        select(Promise, Customer, Call.queue)
        .join(Customer, col(Customer.id) == col(Promise.customer_id), isouter=True)
        .join(Call, col(Call.id) == col(Promise.call_id), isouter=True)
        .where(Promise.state == PromiseState.OPEN, col(Promise.due_at) < now + DUE_WITHIN)
        .where(or_(col(Promise.owner_id) == agent_id, col(Promise.owner_id).is_(None)))
        .order_by(col(Promise.due_at), col(Promise.id))
    )
    rows = session.exec(statement.limit(10 * MOST_DUE)).all()
    return [
        DuePromise(promise, customer)
        for promise, customer, queue in rows
        if promise.owner_id or not queue or serves(queues, queue)
    ][:MOST_DUE]


def today(session: Session, agent_id: str, midnight: datetime) -> Today:
    """The agent's calls since then, and the time they spoke."""
    statement = select(func.count(), func.coalesce(func.sum(col(Call.talk_seconds)), 0)).where(
        col(Call.agent_id) == agent_id, col(Call.started_at) >= midnight
    )
    calls, seconds = session.exec(statement).one()
    return Today(calls, int(seconds or 0))


@dataclass(frozen=True, slots=True)
class RingingPath:
    """What decides whether and how an agent can be rung now."""

    agent: Agent
    user: User
    ways: list[str]
    watching: bool


def ringing_path(session: Session, agent_id: str, now: datetime) -> RingingPath | None:
    agent, user = session.get(Agent, agent_id), session.get(User, agent_id)
    if agent is None or user is None:
        return None
    return RingingPath(
        agent, user, reachable_by(agent, user, now), presence.is_present(session, agent_id, now)
    )
