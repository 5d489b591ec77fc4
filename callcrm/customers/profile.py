"""What is to be known of a customer before speaking: promises, pinned notes, numbers, their usual agent."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from callcrm.models import Call, Customer, CustomerPhone, Note, Outcome, Promise, PromiseState, User

TALKS = 20  # of the last calls, from which "usually speaks with" is told
USUAL = 3  # of them with one of ours make a habit
MOST_PROMISES, MOST_PINNED = 20, 10


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a customer; `others` have it too."""

    e164: str
    others: Sequence[Customer]


@dataclass(frozen=True, slots=True)
class CustomerProfile:
    """A customer, as the side of their page tells of them; `names` are our people's, by id."""

    customer: Customer
    numbers: Sequence[Number]
    promises: Sequence[Promise]
    pinned: Sequence[Note]
    usual: User | None
    owner: User | None
    names: dict[str, str]


def customer_profile(session: Session, customer: Customer) -> CustomerProfile:
    """What is to be known of this customer."""
    promises, usual = _promises(session, customer.id), _usual(session, customer.id)
    asked = {customer.owner_id, usual, *(one.owner_id for one in promises)}
    people = _people(session, {one for one in asked if one})
    return CustomerProfile(
        customer=customer,
        numbers=_numbers(session, customer.id),
        promises=promises,
        pinned=_pinned(session, customer.id),
        usual=people.get(usual or ""),
        owner=people.get(customer.owner_id or ""),
        names={one.id: one.name for one in people.values()},
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


def _promises(session: Session, customer_id: str) -> Sequence[Promise]:
    theirs = select(Promise).where(Promise.customer_id == customer_id, Promise.state == PromiseState.OPEN)
    return session.exec(theirs.order_by(col(Promise.due_at), col(Promise.id)).limit(MOST_PROMISES)).all()


def _pinned(session: Session, customer_id: str) -> Sequence[Note]:
    theirs = select(Note).where(Note.customer_id == customer_id, col(Note.pinned_at).is_not(None))
    return session.exec(theirs.order_by(col(Note.pinned_at).desc(), col(Note.id)).limit(MOST_PINNED)).all()


def _usual(session: Session, customer_id: str) -> str | None:
    """Whom of ours they mostly spoke with lately."""
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
    found = session.exec(select(User).where(col(User.id).in_(ids))).all() if ids else ()
    return {one.id: one for one in found}
