"""The promises due that an agent's desk lists: their own first, then nobody's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, true
from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound
from callcrm.crm.promises import promises
from callcrm.models import Agent, Call, Customer, Promise, PromiseKind, PromiseState, shown_to

DUE_WITHIN = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class DuePromise:
    """A promise that is due soon, or overdue. `address`: what a caller without a number called from."""

    promise: Promise
    customer: Customer | None
    address: str | None


@dataclass(frozen=True, slots=True)
class DueList:
    """The first of the promises due, and how many there are."""

    rows: Sequence[DuePromise]
    total: int


def due_promises(session: Session, agent_id: str, now: datetime, limit: int) -> DueList:
    """At most `limit` open promises due within half a day, and questions whenever they are due: the agent's
    own by due time, then nobody's in the queues they serve.
    """
    agent = session.get(Agent, agent_id)
    due = (
        Promise.state == PromiseState.OPEN,
        or_(col(Promise.due_at) < now + DUE_WITHIN, col(Promise.kind) == PromiseKind.QUESTION),
        shown_to(agent_id),
        _theirs_to_keep(agent_id, agent.queues if agent else []),
    )
    of_call = col(Call.id) == col(Promise.call_id)
    total = select(func.count(col(Promise.id))).join(Call, of_call, isouter=True).where(*due)
    statement = (
        select(Promise, Customer, Call)
        .join(Customer, col(Customer.id) == col(Promise.customer_id), isouter=True)
        .join(Call, of_call, isouter=True)
        .where(*due)
        .order_by(col(Promise.owner_id).is_(None), col(Promise.due_at), col(Promise.id))
    )
    rows = session.exec(statement.limit(limit)).all()
    due_rows = [
        DuePromise(promise, customer, call.address if call else None) for promise, customer, call in rows
    ]
    return DueList(due_rows, session.exec(total).one())


def _theirs_to_keep(agent_id: str, queues: Sequence[str] | None) -> ColumnElement[bool]:
    served = true() if queues is None else or_(col(Call.queue).is_(None), col(Call.queue).in_(queues))
    return or_(col(Promise.owner_id) == agent_id, and_(col(Promise.owner_id).is_(None), served))


def keep(session: Session, promise_id: str, *, agent_id: str, now: datetime) -> None:
    """Closes a promise that is the agent's or nobody's as kept; NotFound for any other."""
    promise = promises.get(session, promise_id, agent_id)
    if promise.owner_id not in (None, agent_id):
        raise NotFound("There is no such promise.")
    promises.close(session, promise.id, PromiseState.KEPT, by=agent_id, now=now)
