"""Sessions of people signed in at a browser: kept by us, so that one can end at any moment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, delete, select, update

from callcrm.agents.principal import Principal
from callcrm.base.ids import new_id, new_secret, secret_hash
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Agent, AgentState, LoginSession, Role, User

LONGEST = timedelta(hours=12)
IDLE = timedelta(minutes=30)  # without anything a person did; whoever takes calls is at work meanwhile
NOTICED = timedelta(minutes=1)  # how exactly it is known when a person last did something
AT_WORK = (AgentState.AVAILABLE, AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP)
LONGEST_BROWSER = 120


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who uses the pages, and how they like them. `csrf` is what every form of theirs must bring back."""

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
    acted_at: datetime

    @property
    def principal(self) -> Principal:
        """The same one, as verbs know whoever acts."""
        return Principal(user_id=self.user_id, role=self.role, token_id=self.session_id, name=self.name)

    @property
    def supervises(self) -> bool:
        """Whether this one sees and steers everybody's work."""
        return self.principal.supervises


def begin(session: Session, user_id: str, browser: str, now: datetime) -> str:
    """The secret of a new session, for the cookie: only its hash is kept."""
    secret = new_secret()
    session.add(
        LoginSession(
            hash=secret_hash(secret),
            id=new_id("session", now),
            user_id=user_id,
            csrf=new_secret(),
            browser=browser[:LONGEST_BROWSER],
            created_at=now,
            acted_at=now,
            ends_at=now + LONGEST,
        )
    )
    session.flush()
    return secret


def signed_in(session: Session, secret: str, now: datetime) -> SignedIn | None:
    """Whose session this is; None once it is over: ended, too old, idle too long, or its user sent away."""
    statement = (
        select(LoginSession, User, Agent)
        .join(User, col(User.id) == col(LoginSession.user_id))
        .join(Agent, col(Agent.id) == col(User.id), isouter=True)
        .where(
            LoginSession.hash == secret_hash(secret),
            col(User.disabled_at).is_(None),
            col(LoginSession.ends_at) > now,
        )
    )
    found = session.exec(statement).first()
    if found is None:
        return None
    signin, user = found[0], found[1]
    agent: Agent | None = found[2]
    at_work = agent is not None and agent.state in AT_WORK
    if not at_work and signin.acted_at + IDLE < now:
        return None
    return SignedIn(
        user_id=user.id,
        role=user.role,
        name=user.name,
        language=user.language,
        theme=user.theme,
        shortcuts=user.shortcuts,
        takes_calls=agent is not None and user.role == Role.AGENT,
        number=user.number,
        session_id=signin.id,
        csrf=signin.csrf,
        acted_at=signin.acted_at,
    )


def acted(session: Session, session_id: str, now: datetime) -> None:
    """A person did something just now."""
    session.exec(update(LoginSession).where(col(LoginSession.id) == session_id).values(acted_at=now))


def of_user(session: Session, user_id: str, now: datetime) -> list[LoginSession]:
    """A user's sessions, the latest first."""
    mine = select(LoginSession).where(LoginSession.user_id == user_id, col(LoginSession.ends_at) > now)
    return list(session.exec(mine.order_by(col(LoginSession.created_at).desc())).all())


def end(session: Session, session_id: str, user_id: str) -> None:
    """This session of theirs is over; one that is over already stays so."""
    _end(session, col(LoginSession.id) == session_id, col(LoginSession.user_id) == user_id)


def end_all(session: Session, user_id: str, *, but: str | None = None) -> int:
    """How many sessions of this user are over now: every one `but` one."""
    return _end(session, col(LoginSession.user_id) == user_id, col(LoginSession.id) != (but or ""))


def end_by_secret(session: Session, secret: str) -> None:
    """Whichever session this secret opens is over."""
    _end(session, col(LoginSession.hash) == secret_hash(secret))


def forget(session: Session, now: datetime) -> int:
    """How many sessions had outlived themselves and are dropped."""
    return session.connection().execute(delete(LoginSession).where(col(LoginSession.ends_at) <= now)).rowcount


def _end(session: Session, *which: ColumnElement[bool]) -> int:
    over = session.exec(select(LoginSession).where(*which)).all()
    for one in over:
        session.delete(one)
        announce(session, LiveKind.SESSION_ENDED, one.id, to=[one.user_id])
    session.flush()
    return len(over)


def standing(session: Session, signins: Collection[str], now: datetime) -> dict[str, bool]:
    """Those of these sessions that are not over, and whether their user supervises now."""
    awake = or_(col(LoginSession.acted_at) >= now - IDLE, col(Agent.state).in_(AT_WORK))
    statement = (
        select(LoginSession.id, User.role)
        .join(User, col(User.id) == col(LoginSession.user_id))
        .join(Agent, col(Agent.id) == col(User.id), isouter=True)
        .where(
            col(LoginSession.id).in_(signins),
            col(LoginSession.ends_at) > now,
            col(User.disabled_at).is_(None),
            awake,
        )
    )
    return {signin: role in (Role.SUPERVISOR, Role.ADMIN) for signin, role in session.exec(statement)}
