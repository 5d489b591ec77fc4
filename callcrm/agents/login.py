"""Signing in and out at a browser."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from callcrm.agents import login_throttle, sessions, states, users
from callcrm.agents.login_throttle import ThrottleKey
from callcrm.base.errors import NotFound
from callcrm.models import Agent, AgentState, User


@dataclass(frozen=True, slots=True)
class LoginTry:
    """An attempt that was counted, and its user; `user_id` is None for an address nobody has."""

    user_id: str | None
    password_hash: str | None
    disabled: bool
    keys: tuple[ThrottleKey, ...]
    counted: list[str]


def begin_attempt(
    session: Session, *, email: str, client_ip: str, known_browser: str, now: datetime
) -> LoginTry:
    """Counts an attempt, before its password is checked; Throttled if there were too many.

    `known_browser` is the secret that the browser keeps from an earlier login, or "".
    """
    try:
        user: User | None = users.user_by_email(session, email)
    except NotFound:
        user = None
    is_known = bool(
        user and known_browser and login_throttle.is_known_browser(session, known_browser, user.id)
    )
    keys = login_throttle.throttle_keys(email, client_ip, known_browser if is_known else None)
    counted = login_throttle.count_attempt(session, keys, now)
    if user is None:
        return LoginTry(None, None, False, keys, counted)
    return LoginTry(user.id, user.password_hash, user.disabled_at is not None, keys, counted)


def sign_in(
    session: Session, *, user_id: str, known_browser: str, user_agent: str, replaces: str, now: datetime
) -> str:
    """The secret of a new session, for the cookie; the one of the secret `replaces` is ended."""
    if replaces:
        sessions.end_by_secret(session, replaces)
    login_throttle.remember_browser(session, known_browser, user_id, now)
    return sessions.create_session(session, user_id, user_agent, now)


def sign_out(session: Session, *, session_id: str, user_id: str, now: datetime) -> None:
    """Ends a session; an agent with no other session goes offline."""
    sessions.end_session(session, session_id, user_id)
    if session.get(Agent, user_id) and not sessions.list_sessions(session, user_id, now):
        states.set_state(session, user_id, AgentState.OFFLINE, now)


def check_store(session: Session) -> None:
    """Raises if the store can't be read, so that nobody types a password in vain."""
    session.exec(select(1)).one()
