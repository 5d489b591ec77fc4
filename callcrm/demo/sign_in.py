"""Signing in as a colleague by one click: a session, and the agent ready for calls from then on."""

from datetime import datetime

from sqlmodel import Session, col, select, update

from callcrm.agents import sessions, states
from callcrm.agents.sessions import SignedInUser
from callcrm.demo.sample_data.people import AGENTS, STAFF, StaffMember
from callcrm.models import Agent, AgentState, LoginSession, User

AWAY = (AgentState.BREAK, AgentState.OFFLINE)


def sign_in(
    session: Session, member: StaffMember, previous: SignedInUser | None, browser: str, now: datetime
) -> str | None:
    """The secret of a new session, or None if this browser is signed in as them. They are available now.

    The agent this browser was before (`previous`) goes on a break, unless another browser is signed in as
    them: so that the next call comes here. Signing in as the supervisor leaves them available, at their
    ordinary phone, for there is nobody else to watch.
    """
    _make_available(session, member.id, now)
    if previous is not None and previous.user_id == member.id:
        return None
    if previous is not None:
        sessions.end_session(session, previous.session_id, previous.user_id)
        _leave_desk(session, previous.user_id, now, stay_available=member not in AGENTS)
    return sessions.create_session(session, member.id, browser, now)


def first_free_agent(session: Session, now: datetime) -> StaffMember:
    """The first agent as whom no browser is signed in; the first of all if there is none."""
    taken = set(session.exec(select(LoginSession.user_id).where(col(LoginSession.ends_at) > now)).all())
    return next((agent for agent in AGENTS if agent.id not in taken), AGENTS[0])


def set_language(session: Session, user_id: str, language: str) -> None:
    """This user's pages are in that language from now on."""
    session.exec(update(User).where(col(User.id) == user_id).values(language=language))


def staff_member(slug: str) -> StaffMember | None:
    """The colleague of this slug."""
    return next((member for member in STAFF if member.slug == slug), None)


def _make_available(session: Session, user_id: str, now: datetime) -> None:
    agent = session.get(Agent, user_id)
    if agent is not None and agent.state in AWAY:
        states.set_state(session, user_id, AgentState.AVAILABLE, now)


def _leave_desk(session: Session, user_id: str, now: datetime, *, stay_available: bool) -> None:
    agent = session.get(Agent, user_id)
    other_session = session.exec(
        select(LoginSession.id).where(LoginSession.user_id == user_id, col(LoginSession.ends_at) > now)
    ).first()
    if agent is None or other_session is not None:
        return
    agent.softphone_until = None  # the softphone is gone with its page: ring the ordinary phone
    session.flush()
    if not stay_available:
        states.set_state(session, user_id, AgentState.BREAK, now)
