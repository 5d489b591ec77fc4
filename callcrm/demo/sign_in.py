"""Signing in as a colleague by one click: a session, and the agent ready for calls from then on."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from callcrm.agents import sessions, states
from callcrm.agents.sessions import SignedInUser
from callcrm.demo.sample_data.people import AGENTS, STAFF, StaffMember
from callcrm.models import Agent, AgentState, LoginSession, Presence, User

AWAY = (AgentState.BREAK, AgentState.OFFLINE)
SITTING_DOWN = timedelta(seconds=30)  # from a click until the desk's page has a stream and a softphone


def sign_in(
    session: Session, member: StaffMember, previous: SignedInUser | None, browser: str, now: datetime
) -> str | None:
    """The secret of a new session, or None if this browser is signed in as them. They are available now.

    The agent this browser was before (`previous`) goes on a break, unless another browser is signed in as
    them, and so does whoever has left a desk by closing its page: so that the next call comes here. Signing
    in as the supervisor leaves them available, at their ordinary phone, for there is nobody else to watch.
    """
    seated = _seated(session, now)
    if member in AGENTS:
        _send_absent_on_break(session, seated | {member.id}, now)
    _make_available(session, member.id, now)
    if previous is not None and previous.user_id == member.id:
        return None
    if previous is not None:
        sessions.end_session(session, previous.session_id, previous.user_id)
        _leave_desk(session, previous.user_id, now, stay_available=member not in AGENTS)
    elif member.id not in seated:
        # Whoever sat here before chose another, perhaps: that is nobody's choice now.
        set_language(session, member.id, member.language)
    return sessions.create_session(session, member.id, browser, now)


def free_seat(session: Session, seat_before: StaffMember | None, language: str, now: datetime) -> StaffMember:
    """Where this browser sits down: where it sat before, else at a desk at which nobody sits, of an agent who
    works in this language if there is one.
    """
    if seat_before is not None:
        return seat_before
    seated = _seated(session, now)
    return min(AGENTS, key=lambda agent: (agent.id in seated, agent.language != language))


def _seated(session: Session, now: datetime) -> set[str]:
    """The users at whose desk somebody sits: with a page open, or on its way there."""
    with_page = select(Presence.user_id).where(Presence.until >= now)
    with_softphone = select(Agent.id).where(col(Agent.softphone_until) >= now)
    coming = select(LoginSession.user_id).where(
        col(LoginSession.ends_at) > now, col(LoginSession.created_at) > now - SITTING_DOWN
    )
    return {user for query in (with_page, with_softphone, coming) for user in session.exec(query).all()}


def _send_absent_on_break(session: Session, seated: set[str], now: datetime) -> None:
    for agent in AGENTS:
        row = session.get(Agent, agent.id)
        if agent.id not in seated and row is not None and row.state == AgentState.AVAILABLE:
            states.set_state(session, agent.id, AgentState.BREAK, now)


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
