"""Who gets what comes from outside: the customer's own agent, else whoever is on duty and has least to do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from callcrm.models import (
    SHOWN_PROMISE,
    Agent,
    AgentState,
    Customer,
    Promise,
    PromiseKind,
    PromiseState,
    User,
)
from callcrm.routing.selection import language_mismatch

ON_DUTY = (AgentState.AVAILABLE, AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP)


def owner_for(session: Session, customer: Customer | None, language: str) -> str | None:
    """The user to whom a promise goes; None where nobody is on duty."""
    if customer is not None and customer.owner_id is not None:
        own = session.get(User, customer.owner_id)
        if own is not None and own.disabled_at is None:
            return own.id
    return _least_loaded(session, language)


def _least_loaded(session: Session, language: str) -> str | None:
    """Of the agents on duty who speak the language best: who has fewest open promises, then who got one
    longest ago.
    """
    on_duty = (
        select(Agent)
        .join(User, col(User.id) == col(Agent.id))
        .where(col(Agent.state).in_(ON_DUTY), col(User.disabled_at).is_(None))
    )
    agents = session.exec(on_duty).all()
    ids = [agent.id for agent in agents]
    load = dict(session.exec(_open(ids)).all()) if ids else {}
    latest = dict(session.exec(_latest(ids)).all()) if ids else {}

    def merit(agent: Agent) -> tuple[int, int, str, str]:
        last: datetime | None = latest.get(agent.id)
        mismatch = language_mismatch(agent.languages, language)
        return mismatch, load.get(agent.id, 0), last.isoformat() if last else "", agent.id

    return min(agents, key=merit).id if agents else None


def _open(ids: Sequence[str]) -> Any:
    open_ = (SHOWN_PROMISE, Promise.state == PromiseState.OPEN, col(Promise.owner_id).in_(ids))
    return select(col(Promise.owner_id), func.count()).where(*open_).group_by(col(Promise.owner_id))


def _latest(ids: Sequence[str]) -> Any:
    questions = (Promise.kind == PromiseKind.QUESTION, col(Promise.owner_id).in_(ids))
    latest = func.max(col(Promise.created_at))
    return select(col(Promise.owner_id), latest).where(*questions).group_by(col(Promise.owner_id))
