"""Whose call it is, said by somebody of ours: where a number leaves it open, or tells the wrong one."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select, update

from callcrm.base.errors import Conflict, Refused
from callcrm.calls import search
from callcrm.calls.after_call import enqueue_call_ended
from callcrm.customers import customers, following
from callcrm.live.call_updates import call_updated
from callcrm.models import Call, CallState, Customer


def assign(session: Session, call: Call, customer_id: str | None, by: str, now: datetime) -> None:
    """Make the call this customer's, or nobody's: `by` (a user's or a token's id) decides. Whatever hangs on
    the call follows. Refused for a customer there is not.
    """
    if customer_id is not None and session.get(Customer, customer_id) is None:
        raise Refused("There is no such customer.", field="customer")
    decided = update(Call).where(col(Call.id) == call.id)
    session.exec(decided.values(customer_id=customer_id, identified_by=by))
    for table in following.of_calls():
        rows = table.update().where(table.c.call_id == call.id)
        session.connection().execute(rows.values(customer_id=customer_id))
    if call.state == CallState.ENDED:
        enqueue_call_ended(session, call.id, f"assigned {now.isoformat()}", now)
    session.refresh(call)
    call_updated(session, call)


def choose(session: Session, call_id: str, customer_id: str | None, by: str, now: datetime) -> Call:
    """The call is this customer's, or nobody's yet: somebody of ours says so."""
    call = search.call(session, call_id)
    assign(session, call, customer_id, by, now)
    return call


@dataclass(frozen=True, slots=True)
class Writer:
    """How somebody's numbers are read here, and who writes them down."""

    region: str
    own: frozenset[str]
    by: str
    now: datetime


def meet(session: Session, call_id: str, name: str, language: str | None, writer: Writer) -> tuple[Call, int]:
    """The call with the new customer it is of, who gets this number; and how many earlier calls came too."""
    call = _with_number(session, call_id)
    customer = customers.create(
        session,
        {"name": name, "phones": [call.phone or ""], "language": language},
        region=writer.region,
        own=writer.own,
        now=writer.now,
    )
    return _theirs(session, call, customer.id, writer)


def recognise(session: Session, call_id: str, customer_id: str, writer: Writer) -> tuple[Call, int]:
    """The call with the customer it is of, who has this number too from now on; and the earlier calls."""
    call = _with_number(session, call_id)
    phones = customers.phones_of(session, [customer_id])[customer_id]
    customers.update(
        session,
        customer_id,
        {"phones": [*phones, call.phone or ""]},
        region=writer.region,
        own=writer.own,
        now=writer.now,
    )
    return _theirs(session, call, customer_id, writer)


def _with_number(session: Session, call_id: str) -> Call:
    call = search.call(session, call_id)
    if call.phone is None:
        raise Refused("Whoever keeps their number to themselves can't be known by it.")
    if call.customer_id is not None:
        raise Conflict("Somebody has said already whose call this is.")
    return call


def _theirs(session: Session, call: Call, customer_id: str, writer: Writer) -> tuple[Call, int]:
    session.refresh(call)
    if call.customer_id != customer_id:
        assign(session, call, customer_id, writer.by, writer.now)
    linked = select(func.count()).where(
        col(Call.phone) == call.phone, col(Call.customer_id) == customer_id, col(Call.id) != call.id
    )
    return call, session.exec(linked).one()
