"""Login sessions of browsers. They are rows, so that one can be ended at any moment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select, update

from callcrm.agents.access import account_guesses
from callcrm.agents.browser import form_tokens
from callcrm.agents.principal import Principal
from callcrm.base.ids import new_id, new_secret, secret_hash
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Agent, AgentState, LoginSession, Role, User
from callcrm.models.delete_some import delete_some

MAX_AGE = timedelta(hours=12)
IDLE_TIMEOUT = timedelta(minutes=30)  # without any activity; an agent who takes calls is never idle
ACTIVITY_RESOLUTION = timedelta(minutes=1)  # how often the last activity is written
AT_WORK = (AgentState.AVAILABLE, AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP)
MAX_BROWSER_LENGTH = 120
_OTHER = aliased(User)


@dataclass(frozen=True, slots=True)
class SignedInUser:
    """The user of a session, with their preferences; `csrf` is the token every form of theirs must send.

    `attacked` is whether somebody guesses at their password, `others_attacked` at how many other people's,
    which administrators alone are told.
    """

    user_id: str
    role: str
    name: str
    language: str
    theme: str
    shortcuts: bool
    takes_calls: bool
    number: str | None
    session_id: str
    csrf: str
    last_active_at: datetime
    attacked: bool
    others_attacked: int

    @property
    def principal(self) -> Principal:
        """Who acts, for verbs."""
        return Principal(self.user_id, self.role, self.session_id, self.name, self.language)

    @property
    def supervises(self) -> bool:
        """Whether they see and direct the work of all agents."""
        return self.principal.supervises


def create_session(session: Session, user_id: str, browser: str, now: datetime) -> str:
    """The secret of a new session, for the cookie; only its hash is stored."""
    secret = new_secret()
    session.add(
        LoginSession(
            secret_hash=secret_hash(secret),
            id=new_id("session", now),
            user_id=user_id,
            csrf=form_tokens.issue(session, user_id, now),
            browser=browser[:MAX_BROWSER_LENGTH],
            created_at=now,
            last_active_at=now,
            ends_at=now + MAX_AGE,
        )
    )
    session.flush()
    return secret


def authenticate(session: Session, secret: str, now: datetime) -> SignedInUser | None:
    """The user of the session with this secret; None if it has ended, is too old, was idle too long, or the
    user is disabled.
    """
    statement = (
        select(LoginSession, User, Agent, _others_attacked(now))
        .join(User, col(User.id) == col(LoginSession.user_id))
        .join(Agent, col(Agent.id) == col(User.id), isouter=True)
        .where(
            LoginSession.secret_hash == secret_hash(secret),
            col(User.disabled_at).is_(None),
            col(LoginSession.ends_at) > now,
        )
    )
    row = session.exec(statement).first()
    if row is None:
        return None
    login_session, user = row[0], row[1]
    agent: Agent | None = row[2]
    at_work = agent is not None and agent.state in AT_WORK
    if not at_work and login_session.last_active_at + IDLE_TIMEOUT < now:
        return None
    return SignedInUser(
        user_id=user.id,
        role=user.role,
        name=user.name,
        language=user.language,
        theme=user.theme,
        shortcuts=user.shortcuts,
        takes_calls=agent is not None and user.role == Role.AGENT,
        number=user.number,
        session_id=login_session.id,
        csrf=login_session.csrf,
        last_active_at=login_session.last_active_at,
        attacked=account_guesses.is_recent(user, now),
        others_attacked=row[3],
    )


def _others_attacked(now: datetime) -> ColumnElement[int]:
    """How many others' passwords are guessed at; counted for administrators alone."""
    others = select(func.count()).select_from(_OTHER)
    recent = others.where(
        col(_OTHER.id) != User.id, col(_OTHER.attacked_at) > now - account_guesses.RETENTION
    )
    return case((col(User.role) == Role.ADMIN, recent.correlate(User).scalar_subquery()), else_=0)


def touch(session: Session, session_id: str, now: datetime) -> None:
    """Records that the user was active just now."""
    session.exec(update(LoginSession).where(col(LoginSession.id) == session_id).values(last_active_at=now))


def list_sessions(session: Session, user_id: str, now: datetime) -> list[LoginSession]:
    """A user's sessions, the newest first."""
    live = select(LoginSession).where(LoginSession.user_id == user_id, col(LoginSession.ends_at) > now)
    return list(session.exec(live.order_by(col(LoginSession.created_at).desc())).all())


def end_session(session: Session, session_id: str, user_id: str) -> None:
    """Ends this session of this user's; no error if it has ended already."""
    _end(session, col(LoginSession.id) == session_id, col(LoginSession.user_id) == user_id)


def end_all_sessions(session: Session, user_id: str, *, but: str | None = None) -> int:
    """Ends all sessions of this user `but` this one, and returns how many."""
    return _end(session, col(LoginSession.user_id) == user_id, col(LoginSession.id) != (but or ""))


def end_by_secret(session: Session, secret: str) -> None:
    """Ends the session of this secret, if there is one."""
    _end(session, col(LoginSession.secret_hash) == secret_hash(secret))


def delete_expired(session: Session, now: datetime) -> int:
    """Deletes some sessions past their maximal age and returns how many."""
    return delete_some(session, LoginSession, col(LoginSession.ends_at) <= now)


def _end(session: Session, *conditions: ColumnElement[bool]) -> int:
    ended = session.exec(select(LoginSession).where(*conditions)).all()
    for login_session in ended:
        session.delete(login_session)
        # Its live streams end as soon as their process sees this.
        announce(session, LiveKind.SESSION_ENDED, login_session.id, to=[login_session.user_id])
    session.flush()
    return len(ended)


def valid_sessions(session: Session, session_ids: Collection[str], now: datetime) -> dict[str, bool]:
    """Those of these sessions that are still valid, and whether their user is a supervisor now."""
    active = or_(col(LoginSession.last_active_at) >= now - IDLE_TIMEOUT, col(Agent.state).in_(AT_WORK))
    statement = (
        select(LoginSession.id, User.role)
        .join(User, col(User.id) == col(LoginSession.user_id))
        .join(Agent, col(Agent.id) == col(User.id), isouter=True)
        .where(
            col(LoginSession.id).in_(session_ids),
            col(LoginSession.ends_at) > now,
            col(User.disabled_at).is_(None),
            active,
        )
    )
    rows = session.exec(statement)
    return {session_id: role in (Role.SUPERVISOR, Role.ADMIN) for session_id, role in rows}
