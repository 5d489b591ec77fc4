"""Sitting down at a desk by one click: a session as that colleague, who is ready for calls from then on."""

from datetime import datetime

from sqlmodel import Session, col, select, update

from callcrm.agents import sessions, states
from callcrm.agents.sessions import SignedInUser
from callcrm.demo.sample_data.people import AGENTS, STAFF, Colleague
from callcrm.models import Agent, AgentState, LoginSession, User

AWAY = (AgentState.BREAK, AgentState.OFFLINE)


def sit_down(
    session: Session, person: Colleague, before: SignedInUser | None, browser: str, now: datetime
) -> str | None:
    """The secret of a new session, or None for whoever sits there already. They are available now.

    Whose desk was left is on a break from now on, if nobody else sits at it: so that the next call comes
    here. Only to watch as a supervisor one leaves them at work, at their ordinary phone.
    """
    _ready(session, person.id, now)
    if before is not None and before.user_id == person.id:
        return None
    if before is not None:
        sessions.end_session(session, before.session_id, before.user_id)
        _left(session, before.user_id, now, at_work=person not in AGENTS)
    return sessions.create_session(session, person.id, browser, now)


def free_seat(session: Session, now: datetime) -> Colleague:
    """The first agent at whose desk nobody sits; Sara if all are taken."""
    taken = set(session.exec(select(LoginSession.user_id).where(col(LoginSession.ends_at) > now)).all())
    return next((one for one in AGENTS if one.id not in taken), AGENTS[0])


def speak(session: Session, user_id: str, language: str) -> None:
    """This user reads that language from now on."""
    session.exec(update(User).where(col(User.id) == user_id).values(language=language))


def colleague(who: str) -> Colleague | None:
    """One of ours by their short name."""
    return next((one for one in STAFF if one.who == who), None)


def _ready(session: Session, user_id: str, now: datetime) -> None:
    agent = session.get(Agent, user_id)
    if agent is not None and agent.state in AWAY:
        states.set_state(session, user_id, AgentState.AVAILABLE, now)


def _left(session: Session, user_id: str, now: datetime, *, at_work: bool) -> None:
    agent = session.get(Agent, user_id)
    others = session.exec(
        select(LoginSession.id).where(LoginSession.user_id == user_id, col(LoginSession.ends_at) > now)
    ).first()
    if agent is None or others is not None:
        return
    agent.softphone_until = None
    session.flush()
    if not at_work:
        states.set_state(session, user_id, AgentState.BREAK, now)
