"""Who is signed in at a browser: sessions kept by us, so that one can end at any moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from callcrm.agents.tokens import Principal
from callcrm.base.ids import new_id, new_secret, secret_hash
from callcrm.models import Agent, AgentState, Role, SignIn, User

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
    signin_id: str
    csrf: str
    acted_at: datetime

    @property
    def principal(self) -> Principal:
        """The same one, as verbs know whoever acts."""
        return Principal(user_id=self.user_id, role=self.role, token_id=self.signin_id, name=self.name)

    @property
    def supervises(self) -> bool:
        """Whether this one sees and steers everybody's work."""
        return self.principal.supervises


def begin(session: Session, user_id: str, browser: str, now: datetime) -> str:
    """The secret of a new session, for the cookie: only its hash is kept."""
    secret = new_secret()
    session.add(
        SignIn(
            hash=secret_hash(secret),
            id=new_id("signin"),
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
        select(SignIn, User, Agent)
        .join(User, col(User.id) == col(SignIn.user_id))
        .join(Agent, col(Agent.id) == col(User.id), isouter=True)
        .where(SignIn.hash == secret_hash(secret), col(User.disabled_at).is_(None), col(SignIn.ends_at) > now)
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
        signin_id=signin.id,
        csrf=signin.csrf,
        acted_at=signin.acted_at,
    )


def acted(session: Session, signin_id: str, now: datetime) -> None:
    """A person did something just now."""
    session.exec(update(SignIn).where(col(SignIn.id) == signin_id).values(acted_at=now))


def of_user(session: Session, user_id: str, now: datetime) -> list[SignIn]:
    """A user's sessions, the latest first."""
    mine = select(SignIn).where(SignIn.user_id == user_id, col(SignIn.ends_at) > now)
    return list(session.exec(mine.order_by(col(SignIn.created_at).desc())).all())
