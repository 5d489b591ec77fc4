"""Candidates: the customers who share a calling number, with the evidence for each."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from callcrm.customers import identity
from callcrm.customers.identity import BY_NUMBER
from callcrm.models import Call, Customer, CustomerPhone

MOST = 9  # as many as there are keys


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer whose number it is: how often and when last an agent chose them for a call from it, and
    whether it is their main number.
    """

    customer: Customer
    chosen: int
    last: datetime | None
    main: bool


def candidates(session: Session, phone: str) -> list[Candidate]:
    """At most MOST customers who share this number, the likeliest first."""
    several = identity.candidates(session, phone)[:MOST]
    ids = [customer.id for customer in several]
    # Not phone = e164: a switchboard's calls are many more than its customers'.
    from_it = func.coalesce(col(Call.phone), "") == phone
    chosen = (
        select(Call.customer_id, func.count(), func.max(Call.started_at))
        .where(col(Call.customer_id).in_(ids), from_it, col(Call.identified_by) != BY_NUMBER)
        .group_by(col(Call.customer_id))
    )
    times = {customer_id: (count, last) for customer_id, count, last in session.exec(chosen)}
    held = select(CustomerPhone.customer_id).where(
        CustomerPhone.e164 == phone, CustomerPhone.position == 0, col(CustomerPhone.customer_id).in_(ids)
    )
    main = set(session.exec(held))
    never: tuple[int, datetime | None] = (0, None)
    return [
        Candidate(customer, *times.get(customer.id, never), main=customer.id in main) for customer in several
    ]


def earlier(session: Session, phone: str, call_id: str) -> int:
    """How many other calls from this number have no customer yet."""
    others = select(func.count()).where(
        col(Call.phone) == phone, col(Call.id) != call_id, func.coalesce(col(Call.customer_id), "") == ""
    )
    return session.exec(others).one()
