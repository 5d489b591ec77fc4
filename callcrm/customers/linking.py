"""Linking: calls and messages find their customer by their number, if it is one customer's alone."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Table, exists, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from callcrm.customers import linked_tables
from callcrm.customers.identity import BY_NUMBER
from callcrm.live.call_updates import call_updated
from callcrm.models import Call, CallState, CustomerPhone
from callcrm.models.conventions import table_of
from callcrm.models.versions import with_version
from callcrm.store.batches.among import among
from callcrm.store.enqueue import enqueue

JOB = "customer_linked"
CALL = table_of(Call)


def link(session: Session, customer_id: str, own: Collection[str], now: datetime) -> None:
    """Gives a customer the calls, messages and other rows of their numbers that have no customer yet, where
    no other customer has the number. Nouns are told by a job.

    `own` are the business's numbers, which belong to nobody.
    """
    numbers = _theirs_alone(session, customer_id, own)
    if not numbers:
        return
    connection = session.connection()
    unclaimed = or_(CALL.c.identified_by.is_(None), CALL.c.identified_by == BY_NUMBER)
    calls = update(CALL).where(CALL.c.phone.in_(numbers), _nobodys(CALL), unclaimed)
    connection.execute(
        calls.values(with_version(Call, {"customer_id": customer_id, "identified_by": BY_NUMBER}))
    )
    _follow(session, customer_id, numbers)
    enqueue(session, JOB, f"{customer_id}:{now.isoformat()}", {"customer": customer_id}, now)
    live = select(Call).where(_calls_of(customer_id, numbers), col(Call.state) != CallState.ENDED)
    for call in session.execute(live).scalars():
        call_updated(session, call)


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


def _follow(session: Session, customer_id: str, numbers: list[str]) -> None:
    calls = select(CALL.c.id).where(_calls_of(customer_id, numbers))
    for table in linked_tables.by_call():
        rows = update(table).where(table.c.call_id.in_(calls), _nobodys(table))
        session.connection().execute(rows.values(customer_id=customer_id))
    for table in linked_tables.by_number():
        of_a_call = table.c.get("call_id")
        loose = [of_a_call.is_(None)] if of_a_call is not None else []  # else it follows the call
        rows = update(table).where(table.c.phone.in_(numbers), *loose, _nobodys(table))
        session.connection().execute(rows.values(customer_id=customer_id))


def with_traces(session: Session, numbers: Collection[str]) -> set[str]:
    """Of these numbers, those of which calls, messages or other rows wait for their customer."""
    traced: set[str] = set()
    for table in (CALL, *linked_tables.by_number()):
        rows = select(table.c.phone).where(among(table.c.phone), _nobodys(table)).distinct()
        traced.update(session.connection().execute(rows, {"keys": numbers}).scalars())
    return traced
