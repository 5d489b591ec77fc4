"""A customer's profile: numbers, pinned notes, own agent, and the agent they mostly speak with."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from callcrm.models import Call, Customer, CustomerPhone, Note, Outcome, User

TALKS = 20  # of the last calls, from which "usually speaks with" is told
USUAL = 3  # of them with one of ours make a habit
MOST_PINNED = 10


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a customer; `others` are those who share it."""

    e164: str
    others: Sequence[Customer]


@dataclass(frozen=True, slots=True)
class CustomerProfile:
    """A customer's profile; `usual` is the agent they mostly speak with."""

    customer: Customer
    numbers: Sequence[Number]
    pinned: Sequence[Note]
    usual: User | None
    owner: User | None


def customer_profile(session: Session, customer: Customer) -> CustomerProfile:
    """The profile of this customer."""
    usual = _usual(session, customer.id)
    people = _people(session, {user for user in (customer.owner_id, usual) if user})
    return CustomerProfile(
        customer=customer,
        numbers=_numbers(session, customer.id),
        pinned=_pinned(session, customer.id),
        usual=people.get(usual or ""),
        owner=people.get(customer.owner_id or ""),
    )


def _numbers(session: Session, customer_id: str) -> list[Number]:
    other = aliased(CustomerPhone)
    held = select(CustomerPhone.e164).where(CustomerPhone.customer_id == customer_id)
    ordered = session.exec(held.order_by(col(CustomerPhone.position), col(CustomerPhone.e164))).all()
    shared = (
        select(other.e164, Customer)
        .join(Customer, col(Customer.id) == col(other.customer_id))
        .where(col(other.e164).in_(ordered), col(other.customer_id) != customer_id)
        .order_by(col(Customer.name), col(Customer.id))
    )
    others = defaultdict(list)
    for e164, customer in session.exec(shared).all() if ordered else ():
        others[e164].append(customer)
    return [Number(e164, others.get(e164, [])) for e164 in ordered]


def _pinned(session: Session, customer_id: str) -> Sequence[Note]:
    pinned = select(Note).where(Note.customer_id == customer_id, col(Note.pinned_at).is_not(None))
    return session.exec(pinned.order_by(col(Note.pinned_at).desc(), col(Note.id)).limit(MOST_PINNED)).all()


def _usual(session: Session, customer_id: str) -> str | None:
    """The id of the agent they mostly spoke with of late; None if there is none."""
    lately = (
        select(Call.agent_id)
        .where(Call.customer_id == customer_id, Call.outcome == Outcome.ANSWERED)
        .order_by(col(Call.started_at).desc())
        .limit(TALKS)
        .subquery()
    )
    spoke = select(lately.c.agent_id).where(lately.c.agent_id.is_not(None)).group_by(lately.c.agent_id)
    often = spoke.having(func.count() >= USUAL).order_by(func.count().desc(), lately.c.agent_id)
    return session.exec(often.limit(1)).first()


def _people(session: Session, ids: set[str]) -> dict[str, User]:
    rows = session.exec(select(User).where(col(User.id).in_(ids))).all() if ids else ()
    return {row.id: row for row in rows}
