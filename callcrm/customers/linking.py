"""Calls find their customer: by themselves where a number is one customer's, else by somebody's choice."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Table, exists, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from callcrm.base.errors import Refused
from callcrm.crm.promises import promises
from callcrm.customers.identity import BY_NUMBER
from callcrm.live.announce import announce
from callcrm.models import Call, CallState, Customer, CustomerPhone, Message, Note, Pop, Promise

CALL: Table = Call.__table__  # type: ignore[attr-defined]
MESSAGE: Table = Message.__table__  # type: ignore[attr-defined]
NOTE: Table = Note.__table__  # type: ignore[attr-defined]
POP: Table = Pop.__table__  # type: ignore[attr-defined]
PROMISE: Table = Promise.__table__  # type: ignore[attr-defined]


def link(session: Session, customer_id: str, own: Collection[str]) -> None:
    """Give a customer what came from the numbers that are theirs alone and that nobody has claimed:
    calls with their notes and promises (recordings follow their call), and messages.
    """
    numbers = _theirs_alone(session, customer_id, own)
    if not numbers:
        return
    connection = session.connection()
    unclaimed = or_(CALL.c.customer_by.is_(None), CALL.c.customer_by == BY_NUMBER)
    calls = update(CALL).where(CALL.c.phone.in_(numbers), _nobodys(CALL), unclaimed)
    connection.execute(calls.values(customer_id=customer_id, customer_by=BY_NUMBER))
    messages = update(MESSAGE).where(MESSAGE.c.phone.in_(numbers), _nobodys(MESSAGE))
    connection.execute(messages.values(customer_id=customer_id))
    _notes_and_promises(session, customer_id, numbers)
    live = select(CALL.c.id, CALL.c.agent_id).where(_calls_of(customer_id, numbers))
    for call_id, agent_id in connection.execute(live.where(CALL.c.state != CallState.ENDED)).all():
        _tell(session, call_id, agent_id)


def assign(session: Session, call: Call, customer_id: str | None, by: str, now: datetime) -> None:
    """Somebody (`by`, a user id) says whose call it is, or that it is nobody's: notes and promise follow."""
    if customer_id is not None and session.get(Customer, customer_id) is None:
        raise Refused("There is no such customer.", field="customer")
    connection = session.connection()
    chosen = {"customer_id": customer_id, "customer_by": by}
    connection.execute(update(CALL).where(CALL.c.id == call.id).values(**chosen))
    connection.execute(update(NOTE).where(NOTE.c.call_id == call.id).values(customer_id=customer_id))
    promises.refresh(session, call.id, now)
    session.refresh(call)
    _tell(session, call.id, call.agent_id)


def _theirs_alone(session: Session, customer_id: str, own: Collection[str]) -> list[str]:
    other = aliased(CustomerPhone)
    shared = exists().where(col(other.e164) == col(CustomerPhone.e164), col(other.customer_id) != customer_id)
    held = select(col(CustomerPhone.e164)).where(col(CustomerPhone.customer_id) == customer_id, ~shared)
    return [number for number in session.connection().execute(held).scalars() if number not in own]


def _nobodys(table: Table) -> ColumnElement[bool]:
    # Not IS NULL: an engine could look for these few among all the rows that are nobody's.
    return func.coalesce(table.c.customer_id, "") == ""


def _calls_of(customer_id: str, numbers: list[str]) -> ColumnElement[bool]:
    return CALL.c.phone.in_(numbers) & (CALL.c.customer_id == customer_id)


def _notes_and_promises(session: Session, customer_id: str, numbers: list[str]) -> None:
    connection = session.connection()
    calls = select(CALL.c.id).where(_calls_of(customer_id, numbers))
    notes = update(NOTE).where(NOTE.c.call_id.in_(calls), _nobodys(NOTE))
    connection.execute(notes.values(customer_id=customer_id))
    owner = select(col(Customer.owner_id)).where(col(Customer.id) == customer_id).scalar_subquery()
    loose = PROMISE.c.phone.in_(numbers) & PROMISE.c.call_id.is_(None)
    owed = update(PROMISE).where(or_(PROMISE.c.call_id.in_(calls), loose), _nobodys(PROMISE))
    connection.execute(
        owed.values(customer_id=customer_id, owner_id=func.coalesce(PROMISE.c.owner_id, owner))
    )


def _tell(session: Session, call_id: str, agent_id: str | None) -> None:
    popped = session.connection().execute(select(POP.c.agent_id).where(POP.c.call_id == call_id)).scalars()
    concerned = {agent for agent in (agent_id, *popped) if agent}
    announce(session, "call.updated", call_id, to=sorted(concerned), supervisors=True)
