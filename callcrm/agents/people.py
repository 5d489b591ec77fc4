"""Everybody of ours: who there is, what they may do, and how they like their pages."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from callcrm.agents import sessions, states, users
from callcrm.base.errors import Conflict, NotFound, Refused
from callcrm.models import Agent, AgentState, LoginSession, Role, User

LANGUAGES = ("en", "fa")
THEMES = ("system", "light", "dark")
MOST = 500


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of ours in a list; `agent` if they ever answered calls."""

    user: User
    agent: Agent | None
    sessions: int


def user(session: Session, user_id: str) -> User:
    """The user of this id; NotFound if there is none."""
    found = session.get(User, user_id)
    if found is None:
        raise NotFound("there is no such user", field="user")
    return found


def everybody(session: Session, now: datetime) -> Sequence[Person]:
    """Everybody by name, those sent away at the end."""
    live = select(func.count()).where(col(LoginSession.user_id) == User.id, col(LoginSession.ends_at) > now)
    statement = select(User, Agent, live.scalar_subquery()).join(
        Agent, col(Agent.id) == User.id, isouter=True
    )
    gone = col(User.disabled_at).is_not(None)
    rows = session.exec(statement.order_by(gone, func.lower(User.name), User.id).limit(MOST)).all()
    return [Person(row[0], row[1] if row[0].role == Role.AGENT else None, row[2]) for row in rows]


def prefer(
    session: Session,
    user_id: str,
    *,
    language: str | None = None,
    theme: str | None = None,
    shortcuts: bool | None = None,
) -> None:
    """The user's pages from now on; what is None stays."""
    if language not in (None, *LANGUAGES) or theme not in (None, *THEMES):
        raise Refused("there is no such choice")
    found = user(session, user_id)
    found.language = language or found.language
    found.theme = theme or found.theme
    found.shortcuts = found.shortcuts if shortcuts is None else shortcuts
    session.flush()


def edit(
    session: Session,
    user_id: str,
    changes: Mapping[str, str],
    now: datetime,
    *,
    by: str,
    region: str,
    own: Collection[str],
) -> User:
    """The user with this name, role and number; with another role they are signed in nowhere."""
    found = user(session, user_id)
    role = users.known_role(changes["role"])
    if user_id == by and role != found.role:
        raise Conflict("nobody can change their own role", field="role")
    found.name = users.display_name(changes["name"])
    found.number = users.phone_number(changes["number"], region, own)
    if role != found.role:
        found.role = role
        sessions.end_all(session, user_id)
        _at_the_phones(session, found, now)
    session.flush()
    return found


def _at_the_phones(session: Session, found: User, now: datetime) -> None:
    """An agent has a state; whoever is one no more is rung no more."""
    if session.get(Agent, found.id):
        states.set_state(session, found.id, AgentState.OFFLINE, now)
    elif found.role == Role.AGENT:
        session.flush()
        session.add(Agent(id=found.id, state=AgentState.OFFLINE, since=now))


def disable(session: Session, user_id: str, now: datetime, *, by: str) -> User:
    """The user, who may do nothing from now on; nobody does it to themselves."""
    if user_id == by:
        raise Conflict("nobody can disable themselves")
    return users.disable(session, user_id, now)


def enable(session: Session, user_id: str) -> User:
    """The user, who may sign in again with the password they had."""
    found = user(session, user_id)
    found.disabled_at = None
    session.flush()
    return found


def sign_off(session: Session, user_id: str, now: datetime, *, by: str) -> None:
    """The agent goes offline, after the call if they are on one."""
    states.set_state(session, user_id, AgentState.OFFLINE, now, by=by)
