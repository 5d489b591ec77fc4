"""An agent's day: their state, and today's figures."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from callcrm.agents import states
from callcrm.agents.ring_target import reachable_by
from callcrm.live import presence
from callcrm.models import Agent, Call, User


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
