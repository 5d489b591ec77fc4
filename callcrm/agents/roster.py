"""The agents who are not disabled, each with their user."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound
from callcrm.models import Agent, User
from callcrm.models.versions import locked


def list_agents(
    session: Session, *, after: tuple[datetime, str] | None, limit: int
) -> Sequence[tuple[Agent, User]]:
    """At most `limit` agents, newest first; `after` is the time and id at which the page before ended."""
    statement = (
        select(Agent, User).join(User, col(User.id) == col(Agent.id)).where(col(User.disabled_at).is_(None))
    )
    if after is not None:
        statement = statement.where(tuple_(col(User.created_at), col(User.id)) < after)
    newest = statement.order_by(col(User.created_at).desc(), col(User.id).desc())
    return session.exec(newest.limit(limit)).all()


def get_agent(session: Session, agent_id: str) -> tuple[Agent, User]:
    """The agent of this id; NotFound if there is none, or they are disabled."""
    statement = select(Agent, User).join(User, col(User.id) == col(Agent.id))
    row = session.exec(statement.where(Agent.id == agent_id, col(User.disabled_at).is_(None))).first()
    if row is None:
        raise NotFound("There is no such agent.")
    return row


def lock_agent(session: Session, agent_id: str) -> tuple[Agent, User]:
    """The same, the agent locked until the commit."""
    locked(session, Agent, agent_id)
    return get_agent(session, agent_id)


def list_agent_users(session: Session) -> Sequence[User]:
    """The users of all agents who are not disabled, by name."""
    statement = select(User).join(Agent, col(Agent.id) == col(User.id)).where(col(User.disabled_at).is_(None))
    return session.exec(statement.order_by(col(User.name))).all()


def agent_names(session: Session) -> list[tuple[str, str]]:
    """Id and name of all who are or were agents, by name."""
    return list(session.exec(select(User.id, User.name).where(User.id == Agent.id).order_by(User.name)).all())
