"""Who there is to answer calls."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound
from callcrm.models import Agent, User


def agents(
    session: Session, *, after: tuple[datetime, str] | None, limit: int
) -> Sequence[tuple[Agent, User]]:
    """At most `limit` agents, newest first, from after this time and id on; nobody who was sent away."""
    statement = (
        select(Agent, User).join(User, col(User.id) == col(Agent.id)).where(col(User.disabled_at).is_(None))
    )
    if after is not None:
        statement = statement.where(tuple_(col(User.created_at), col(User.id)) < after)
    newest = statement.order_by(col(User.created_at).desc(), col(User.id).desc())
    return session.exec(newest.limit(limit)).all()


def agent(session: Session, agent_id: str) -> tuple[Agent, User]:
    """The agent of this id; NotFound for one who isn't, or was sent away."""
    statement = select(Agent, User).join(User, col(User.id) == col(Agent.id))
    found = session.exec(statement.where(Agent.id == agent_id, col(User.disabled_at).is_(None))).first()
    if found is None:
        raise NotFound("There is no such agent.")
    return found


def staff(session: Session) -> Sequence[User]:
    """Everybody of ours but who was sent away, by name."""
    here = select(User).where(col(User.disabled_at).is_(None))
    return session.exec(here.order_by(col(User.name), col(User.id))).all()


def answering(session: Session) -> Sequence[User]:
    """Everybody who answers calls, by name."""
    statement = select(User).join(Agent, col(Agent.id) == col(User.id)).where(col(User.disabled_at).is_(None))
    return session.exec(statement.order_by(col(User.name))).all()


def names_of_agents(session: Session) -> list[tuple[str, str]]:
    """By id: everybody who answers calls, or did."""
    return list(session.exec(select(User.id, User.name).where(User.id == Agent.id).order_by(User.name)).all())
