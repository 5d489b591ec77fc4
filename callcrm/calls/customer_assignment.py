"""Which customer a call is with, decided by an agent: where the number leaves it open, or is misleading."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select, update

from callcrm.base.errors import Conflict, Refused
from callcrm.calls import search
from callcrm.calls.call_ended import enqueue_call_ended
from callcrm.customers import customers, linked_tables
from callcrm.live.call_updates import call_updated
from callcrm.models import Call, CallState, Customer
from callcrm.models.versions import with_version


def assign(session: Session, call: Call, customer_id: str | None, by: str, now: datetime) -> None:
    """Sets the call's customer (None for nobody); `by` is the id of the user or token that decides. What
    belongs to the call, its notes and promise among it, moves along. Refused if there is no such customer.
    """
    if customer_id is not None and session.get(Customer, customer_id) is None:
        raise Refused("There is no such customer.", field="customer")
    decided = update(Call).where(col(Call.id) == call.id)
    session.exec(decided.values(with_version(Call, {"customer_id": customer_id, "identified_by": by})))
    for table in linked_tables.by_call():
        rows = table.update().where(table.c.call_id == call.id)
        session.connection().execute(rows.values(customer_id=customer_id))
    if call.state == CallState.ENDED:
        enqueue_call_ended(session, call.id, f"assigned {now.isoformat()}", now)
    session.refresh(call)
    call_updated(session, call)


@dataclass(frozen=True, slots=True)
class Editor:
    """Who changes a customer, when, and how numbers are read: `own` are ours and nobody's."""

    region: str
    own: frozenset[str]
    by: str
    now: datetime


def add_customer(
    session: Session, call_id: str, name: str, language: str | None, editor: Editor
) -> tuple[Call, int]:
    """Make whoever calls a customer, with this number.

    The call, now theirs, and how many earlier calls came along.
    """
    call = _with_number(session, call_id)
    customer = customers.create(
        session,
        {"name": name, "phones": [call.phone or ""], "language": language},
        region=editor.region,
        own=editor.own,
        now=editor.now,
    )
    return _assigned(session, call, customer.id, editor)


def add_number(session: Session, call_id: str, customer_id: str, editor: Editor) -> tuple[Call, int]:
    """Give the customer who calls this number too.

    The call, now theirs, and how many earlier calls came along.
    """
    call = _with_number(session, call_id)
    phones = customers.phones_of(session, [customer_id])[customer_id]
    customers.update(
        session,
        customer_id,
        {"phones": [*phones, call.phone or ""]},
        region=editor.region,
        own=editor.own,
        now=editor.now,
    )
    return _assigned(session, call, customer_id, editor)


def _with_number(session: Session, call_id: str) -> Call:
    call = search.call(session, call_id)
    if call.phone is None and call.address:
        raise Refused("What they call from is no telephone number, so they can't be known by it.")
    if call.phone is None:
        raise Refused("Whoever keeps their number to themselves can't be known by it.")
    if call.customer_id is not None:
        raise Conflict("Somebody has said already whose call this is.")
    return call


def _assigned(session: Session, call: Call, customer_id: str, editor: Editor) -> tuple[Call, int]:
    session.refresh(call)
    if call.customer_id != customer_id:
        assign(session, call, customer_id, editor.by, editor.now)
    linked = select(func.count()).where(
        col(Call.phone) == call.phone, col(Call.customer_id) == customer_id, col(Call.id) != call.id
    )
    return call, session.exec(linked).one()
