"""Promises as rows of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from callcrm.customers import customers
from callcrm.models import Call, Customer, Promise, PromiseState
from callcrm.views.people import names_by_id


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A promise in a list; `phone` is the number to call, if there is one, else `address` what they called
    from, unless it was withheld.
    """

    promise: Promise
    customer: Customer | None
    phone: str | None
    address: str | None
    owner: str

    def is_overdue(self, now: datetime) -> bool:
        """Whether it is open past its due time."""
        return self.promise.state == PromiseState.OPEN and self.promise.due_at < now


def rows(session: Session, promises: Sequence[Promise]) -> list[PromiseRow]:
    """The promises as rows, in their order."""
    ids = {promise.customer_id for promise in promises if promise.customer_id}
    people = session.exec(select(Customer).where(col(Customer.id).in_(ids))).all() if ids else ()
    by_id = {customer.id: customer for customer in people}
    phones = customers.phones_of(session, ids)
    addresses = _addresses(session, promises)
    owners = names_by_id(session, {promise.owner_id for promise in promises if promise.owner_id})
    return [
        PromiseRow(
            promise,
            by_id.get(promise.customer_id or ""),
            promise.phone or next(iter(phones.get(promise.customer_id or "", ())), None),
            addresses.get(promise.call_id or ""),
            owners.get(promise.owner_id or "", ""),
        )
        for promise in promises
    ]


def _addresses(session: Session, promises: Sequence[Promise]) -> dict[str, str | None]:
    """By call: the address of a caller who has no number and is no customer."""
    ids = {row.call_id for row in promises if row.call_id and not (row.phone or row.customer_id)}
    calls = session.exec(select(Call).where(col(Call.id).in_(ids))).all() if ids else ()
    return {call.id: call.address for call in calls}
