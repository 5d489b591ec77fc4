"""Registration of the softphone in an agent's browser, which is rung as long as its page renews it.

A tab that dies does not unregister. Its lease ends within 25 s; from then on the agent's phone is rung.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, null, update

from callcrm.agents import state_log
from callcrm.base.errors import NotFound
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Agent

LEASE = timedelta(seconds=25)
REGISTERED, UNREGISTERED = "softphone", "no_softphone"  # in the log of states


def register(session: Session, agent_id: str, now: datetime) -> None:
    """Registers the agent's softphone, or renews its lease; NotFound for a user who is no agent."""
    renewed = update(Agent).where(col(Agent.id) == agent_id, col(Agent.softphone_until) > now)
    if session.exec(renewed.values(softphone_until=now + LEASE)).rowcount:
        return
    registered = update(Agent).where(col(Agent.id) == agent_id).values(softphone_until=now + LEASE)
    if not session.exec(registered).rowcount:
        raise NotFound("There is no such agent.")
    _changed(session, agent_id, REGISTERED, now)


def unregister(session: Session, agent_id: str, now: datetime) -> None:
    """Unregisters the softphone: the agent's phone is rung from now on."""
    _unregister(session, now, col(Agent.id) == agent_id)


def expire(session: Session, now: datetime) -> int:
    """Unregisters the softphones whose lease has ended, and returns how many."""
    return _unregister(session, now, col(Agent.softphone_until) <= now)


def _unregister(session: Session, now: datetime, condition: ColumnElement[bool]) -> int:
    registered = update(Agent).where(condition, col(Agent.softphone_until).is_not(None))
    cleared = registered.values(softphone_until=null()).returning(col(Agent.id))
    agent_ids = list(session.exec(cleared).scalars())
    for agent_id in agent_ids:
        _changed(session, agent_id, UNREGISTERED, now)
    return len(agent_ids)


def _changed(session: Session, agent_id: str, state: str, now: datetime) -> None:
    state_log.record_change(session, agent_id, state, now)
    announce(session, LiveKind.AGENT_UPDATED, agent_id, to=[agent_id])
