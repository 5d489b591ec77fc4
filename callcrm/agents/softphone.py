"""The softphone in an agent's browser: it can be rung as long as the page keeps saying that it is there.

A tab that dies says nothing. Its lease ends within 25 s, and from then on the agent's phone is rung.
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
UP, DOWN = "softphone", "no_softphone"


def up(session: Session, agent_id: str, now: datetime) -> None:
    """It is there, and counts as there for one lease; NotFound for whoever takes no calls."""
    renewed = update(Agent).where(col(Agent.id) == agent_id, col(Agent.softphone_until) > now)
    if session.exec(renewed.values(softphone_until=now + LEASE)).rowcount:
        return
    begun = update(Agent).where(col(Agent.id) == agent_id).values(softphone_until=now + LEASE)
    if not session.exec(begun).rowcount:
        raise NotFound("There is no such agent.")
    _flipped(session, agent_id, UP, now)


def down(session: Session, agent_id: str, now: datetime) -> None:
    """It is gone: the phone is rung from now on."""
    _gone(session, now, col(Agent.id) == agent_id)


def lapse(session: Session, now: datetime) -> int:
    """How many have said nothing for a lease; their screens and supervisors' are told."""
    return _gone(session, now, col(Agent.softphone_until) <= now)


def _gone(session: Session, now: datetime, which: ColumnElement[bool]) -> int:
    held = update(Agent).where(which, col(Agent.softphone_until).is_not(None))
    gone = list(session.exec(held.values(softphone_until=null()).returning(col(Agent.id))).scalars())
    for agent_id in gone:
        _flipped(session, agent_id, DOWN, now)
    return len(gone)


def _flipped(session: Session, agent_id: str, to: str, now: datetime) -> None:
    state_log.note(session, agent_id, to, now)
    announce(session, LiveKind.AGENT_UPDATED, agent_id, to=[agent_id])
