"""The cool-down: a break that follows a call in which an agent was abused.

It is the break that agents choose themselves, chosen for them: no call rings them in it, and whoever wants to
go on working says so as after any other break. A duty ends it when its time is over.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from callcrm.agents import states
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.conduct import settings
from callcrm.crm.noun import Duty
from callcrm.models import Agent, AgentState
from callcrm.models.crm.conduct import CoolDown

SECONDS = 10.0


def begin(session: Session, agent_id: str, incident_id: str, now: datetime) -> CoolDown | None:
    """The agent's cool-down, after their call; None where the business gives none, or it is nobody who takes
    calls.
    """
    minutes = settings.get(session).cool_down_minutes
    agent = session.get(Agent, agent_id)
    if not minutes or agent is None or agent.state == AgentState.OFFLINE:
        return None
    row = session.merge(CoolDown(agent_id=agent_id, incident_id=incident_id, minutes=minutes, asked_at=now))
    states.set_state(session, agent_id, AgentState.BREAK, now)
    session.flush()
    return row


def cancel(session: Session, agent_id: str, incident_id: str, now: datetime) -> None:
    """Takes back the cool-down that goes with this incident."""
    row = session.get(CoolDown, agent_id)
    if row is None or row.incident_id != incident_id:
        return
    session.delete(row)
    session.flush()
    agent = session.get_one(Agent, agent_id)
    if AgentState.BREAK in (agent.state, agent.next_state):
        states.set_state(session, agent_id, AgentState.AVAILABLE, now)


def of_agent(session: Session, agent_id: str) -> CoolDown | None:
    """The agent's cool-down, if one is under way or to come."""
    return session.get(CoolDown, agent_id)


def end_due(session: Session, _runtime: CallRuntime, now: datetime) -> int:
    """Ends those whose time is over, and forgets those that agents ended themselves; how many."""
    return sum(_end(session, row, agent, now) for row, agent in _all(session))


def _all(session: Session) -> Sequence[tuple[CoolDown, Agent]]:
    both = select(CoolDown, Agent).join(Agent, col(Agent.id) == col(CoolDown.agent_id))
    return session.exec(both).all()


def _end(session: Session, row: CoolDown, agent: Agent, now: datetime) -> bool:
    if agent.state == AgentState.BREAK:
        row.ends_at = row.ends_at or agent.since + timedelta(minutes=row.minutes)
        session.add(row)
        if row.ends_at > now:
            return False
        session.delete(row)
        session.flush()
        states.set_state(session, agent.id, AgentState.AVAILABLE, now)
        return True
    if agent.next_state == AgentState.BREAK:  # the call, or what is to be written of it, goes on
        return False
    session.delete(row)
    return True


DUTY = Duty("end cool-downs", SECONDS, end_due)
