"""Questions from outside that have just come in: what the desk says of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from callcrm.models import Customer, Promise, PromiseKind, PromiseState, shown_to

NEW_FOR = timedelta(minutes=15)
MOST = 3


@dataclass(frozen=True, slots=True)
class Question:
    """An unanswered question, and the customer whose number it came with."""

    promise: Promise
    customer: Customer | None


def new_questions(session: Session, agent_id: str, now: datetime) -> Sequence[Question]:
    """The newest questions that are the agent's, or nobody's, and unanswered."""
    own_or_free = or_(col(Promise.owner_id) == agent_id, col(Promise.owner_id).is_(None))
    fresh = (
        select(Promise, Customer)
        .join(Customer, col(Customer.id) == col(Promise.customer_id), isouter=True)
        .where(Promise.state == PromiseState.OPEN, Promise.kind == PromiseKind.QUESTION, shown_to(agent_id))
        .where(col(Promise.created_at) > now - NEW_FOR, own_or_free)
        .order_by(col(Promise.created_at).desc(), col(Promise.id).desc())
    )
    return [Question(promise, customer) for promise, customer in session.exec(fresh.limit(MOST))]
