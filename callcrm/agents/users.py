"""Users: those who sign in, whether they answer calls or not."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from callcrm.agents import passwords, sessions, states, user_fields
from callcrm.agents.access import token_streams
from callcrm.agents.access.weak_passwords import own_words
from callcrm.base.errors import Conflict, NotFound, Refused
from callcrm.base.ids import new_id
from callcrm.models import Agent, AgentState, LoginSession, Role, User
from callcrm.models.versions import locked

LANGUAGES = ("en", "fa")
THEMES = ("system", "light", "dark")
MAX_LISTED = 500


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user in the list, with their agent if they answer calls, and how many sessions they have."""

    user: User
    agent: Agent | None
    sessions: int


def get_user(session: Session, user_id: str) -> User:
    """The user of this id; NotFound if there is none."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("there is no such user", field="user")
    return user


def lock_user(session: Session, user_id: str) -> tuple[User, Agent | None]:
    """The user, with their agent if they ever answered calls, as they are now; locked until the commit.

    So are all administrators, and first, so that edits of several at once wait for each other in one order.
    """
    _lock_admins(session)
    user = locked(session, User, user_id)
    if user is None:
        raise NotFound("there is no such user", field="user")
    return user, locked(session, Agent, user_id)


def _lock_admins(session: Session) -> Sequence[str]:
    """The ids of those who administer now. They are locked until the commit: of two who disable each other
    at the same moment the second waits, and sees what the first did.
    """
    admins = select(User.id).where(User.role == Role.ADMIN, col(User.disabled_at).is_(None))
    return session.exec(admins.order_by(User.id).with_for_update()).all()


def user_by_email(session: Session, email: str) -> User:
    """The user of that address, in whatever case; NotFound if there is none."""
    user = session.exec(select(User).where(User.email == email.strip().lower())).first()
    if user is None:
        raise NotFound("there is no user of that e-mail address", field="user")
    return user


def list_users(session: Session, now: datetime, *, limit: int = MAX_LISTED) -> Sequence[UserRow]:
    """At most `limit` users by name, the disabled ones last."""
    live = select(func.count()).where(col(LoginSession.user_id) == User.id, col(LoginSession.ends_at) > now)
    statement = select(User, Agent, live.scalar_subquery()).join(
        Agent, col(Agent.id) == User.id, isouter=True
    )
    disabled = col(User.disabled_at).is_not(None)
    rows = session.exec(statement.order_by(disabled, func.lower(User.name), User.id).limit(limit)).all()
    # Whoever was an agent once keeps the row in `agent`.
    return [UserRow(row[0], row[1] if row[0].role == Role.AGENT else None, row[2]) for row in rows]


def list_active_users(session: Session) -> Sequence[User]:
    """All users who are not disabled, by name."""
    active = select(User).where(col(User.disabled_at).is_(None))
    return session.exec(active.order_by(col(User.name), col(User.id))).all()


def add_user(
    session: Session,
    email: str,
    role: str,
    name: str,
    number: str | None,
    password: str | None,
    now: datetime,
    *,
    region: str = "US",
    own: Collection[str] = (),
) -> User:
    """A new user; an agent starts offline. `own` are our own lines, which nobody can be rung on."""
    address = user_fields.email_address(email)
    if session.exec(select(User.id).where(User.email == address)).first():
        raise Conflict("there is already a user %(email)s", field="email", email=address)
    user = User(
        id=new_id("user", now),
        email=address,
        name=user_fields.display_name(name),
        role=user_fields.parse_role(role),
        number=user_fields.phone_number(number, region, own),
        password_hash=None
        if password is None
        else passwords.hash_password(password, own_words(name, address)),
        created_at=now,
    )
    session.add(user)
    session.flush()
    if user.role == Role.AGENT:
        session.add(Agent(id=user.id, state=AgentState.OFFLINE, since=now))
        session.flush()
    return user


def edit_user(
    session: Session,
    user_id: str,
    changes: Mapping[str, str],
    now: datetime,
    *,
    by: str,
    region: str,
    own: Collection[str],
) -> User:
    """The user with this name, role and number; a new role ends their sessions.
    Conflict where `by`, themselves, would change their role, or the last administrator's would be changed.
    """
    user, _ = lock_user(session, user_id)
    role = user_fields.parse_role(changes["role"])
    if user_id == by and role != user.role:
        raise Conflict("nobody can change their own role", field="role")
    user.name = user_fields.display_name(changes["name"])
    user.number = user_fields.phone_number(changes["number"], region, own)
    if role != user.role:
        _change_role(session, user, role, now)
    session.flush()
    return user


def set_role(session: Session, user_id: str, role: str, now: datetime) -> User:
    """The user with this role; another one than before ends their sessions. Conflict for the last
    administrator.
    """
    user = get_user(session, user_id)
    if user_fields.parse_role(role) != user.role:
        _change_role(session, user, Role(role), now)
    return user


def _change_role(session: Session, user: User, role: Role, now: datetime) -> None:
    _keep_an_admin(session, user)
    user.role = role
    sessions.end_all_sessions(session, user.id)
    token_streams.end_streams(session, user.id)
    _add_agent_or_go_offline(session, user, now)
    session.flush()


def _keep_an_admin(session: Session, user: User) -> None:
    """Conflict if the user is the only administrator."""
    if _lock_admins(session) == [user.id]:
        raise Conflict("this is the last administrator: make somebody else one first", field="role")


def _add_agent_or_go_offline(session: Session, user: User, now: datetime) -> None:
    """An agent needs a row in `agent`; one who is an agent no more must not be rung."""
    if session.get(Agent, user.id):
        states.set_state(session, user.id, AgentState.OFFLINE, now)
    elif user.role == Role.AGENT:
        session.flush()
        session.add(Agent(id=user.id, state=AgentState.OFFLINE, since=now))


def set_preferences(
    session: Session,
    user_id: str,
    *,
    language: str | None = None,
    theme: str | None = None,
    shortcuts: bool | None = None,
) -> None:
    """Sets how the user's pages look; what is None stays. Refused for an unknown language or theme."""
    if language not in (None, *LANGUAGES) or theme not in (None, *THEMES):
        raise Refused("there is no such choice")
    user, _ = lock_user(session, user_id)
    user.language = language or user.language
    user.theme = theme or user.theme
    user.shortcuts = user.shortcuts if shortcuts is None else shortcuts
    session.flush()


def disable(session: Session, user_id: str, now: datetime, *, by: str | None = None) -> User:
    """The user, who can't sign in, use a token, set a password or be rung any more; their sessions and
    streams are ended. Conflict where `by` is the user themselves, or it is the last administrator.
    """
    if user_id == by:
        raise Conflict("nobody can disable themselves")
    user, _ = lock_user(session, user_id)
    if user.disabled_at is None:
        _keep_an_admin(session, user)
        user.disabled_at = now
        session.flush()
    token_streams.end_streams(session, user_id)
    passwords.close_links(session, user_id, now)
    sessions.end_all_sessions(session, user_id)
    if session.get(Agent, user_id):
        states.set_state(session, user_id, AgentState.OFFLINE, now)
    return user


def enable(session: Session, user_id: str) -> User:
    """The user, who can sign in again with the password they had."""
    user, _ = lock_user(session, user_id)
    user.disabled_at = None
    session.flush()
    return user
