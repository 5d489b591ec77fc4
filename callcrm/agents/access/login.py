"""Signing in and out at a browser."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from callcrm.agents import sessions, states, users
from callcrm.agents.access import account_guesses, login_throttle
from callcrm.agents.access.login_throttle import ThrottleKey
from callcrm.models import Agent, AgentState, User


@dataclass(frozen=True, slots=True)
class LoginTry:
    """An attempt that was counted, and its user; `user_id` is None for an address nobody has.

    `guesses` is how many attempts at the account there have been, this one included: from browsers unknown to
    its user, or in this one that is known. They are counted under `account`.
    """

    email: str
    user_id: str | None
    password_hash: str | None
    disabled: bool
    keys: tuple[ThrottleKey, ...]
    counted: list[str]
    account: str
    guesses: int

    @property
    def begins_attack(self) -> bool:
        """Whether from this attempt on the account counts as one under attack."""
        return self.user_id is not None and self.guesses == account_guesses.FREE


def knows_browser(session: Session, *, email: str, known_browser: str) -> bool:
    """Whether the user of this address has signed in before in the browser with this secret."""
    user_id = _user_id(session, email)
    return user_id is not None and login_throttle.is_known_browser(session, known_browser, user_id)


def _user_id(session: Session, email: str) -> str | None:
    return session.exec(select(User.id).where(User.email == email)).first()


def begin_attempt(
    session: Session, *, email: str, networks: Sequence[str], known_browser: str, now: datetime
) -> LoginTry:
    """Counts an attempt, before its password is checked; Throttled if there were too many.

    `email` is in lower case, `networks` are the client's, the narrowest first; `known_browser` is the secret
    that the browser keeps from an earlier login, or "".
    """
    user_id = _user_id(session, email)
    is_known = bool(
        user_id and known_browser and login_throttle.is_known_browser(session, known_browser, user_id)
    )
    keys = login_throttle.throttle_keys(email, networks, known_browser if is_known else None)
    counted = login_throttle.count_attempt(session, keys, now)
    account = f"{known_browser} {email}" if is_known else email
    guesses = account_guesses.count(session, account, now)
    if user_id is None:
        return LoginTry(email, None, None, False, keys, counted, account, guesses)
    if guesses >= account_guesses.FREE:
        account_guesses.warn(session, user_id, now)
    user = users.get_user(session, user_id)
    disabled = user.disabled_at is not None
    return LoginTry(email, user_id, user.password_hash, disabled, keys, counted, account, guesses)


def record_success(session: Session, attempt: LoginTry) -> None:
    """Uncounts an attempt whose password was right, and those before it by the same hand."""
    own = login_throttle.record_success(session, attempt.keys, attempt.counted)
    is_known = attempt.account != attempt.email
    account_guesses.uncount(session, attempt.account, attempt.guesses if is_known else own)


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
