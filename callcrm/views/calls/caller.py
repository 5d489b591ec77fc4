"""The other party of a call, as the pop shows them; the cost does not grow with their history."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from callcrm.customers import identity
from callcrm.models import Call, CallState, Customer, Outcome, Promise, PromiseState, User, shown_to

TALKS = 8  # of the last calls, from which "usually speaks with" is told
USUAL = 3  # of them with one colleague make a habit
LOST = (Outcome.ABANDONED, Outcome.VOICEMAIL, Outcome.CALLBACK)


@dataclass(frozen=True, slots=True)
class Caller:
    """The other party. `customer` is None if unknown, withheld, or one of several `sharers` of the number.

    `usual` is the agent they mostly speak with, `owed` the most overdue promise, `tries` their calls since
    somebody last spoke with them, the latest of these at `tried`.
    """

    phone: str | None
    customer: Customer | None
    sharers: Sequence[Customer] = ()
    usual: User | None = None
    owed: Promise | None = None
    tries: int = 0
    tried: datetime | None = None

    @property
    def name(self) -> str | None:
        """The customer's name; None if there is no customer."""
        return self.customer.name if self.customer else None


def caller_of(session: Session, call: Call, reader: str, now: datetime) -> Caller:
    """The other party of a call, as this user may know of them."""
    if call.customer_id is None:
        return Caller(call.phone, None, identity.candidates(session, call.phone))
    customer = session.get(Customer, call.customer_id)
    usual, tries, tried = _lately(session, call)
    owed = _overdue(session, call.customer_id, reader, now)
    return Caller(call.phone, customer, (), usual, owed, tries, tried)


def _lately(session: Session, call: Call) -> tuple[User | None, int, datetime | None]:
    """The agent they mostly speak with; how many of their latest calls nobody answered, and when the last
    was.
    """
    last = (
        select(Call.agent_id, Call.outcome, Call.started_at)
        .where(Call.customer_id == call.customer_id, Call.id != call.id, Call.state == CallState.ENDED)
        .order_by(col(Call.started_at).desc(), col(Call.id).desc())
    )
    rows = session.exec(last.limit(TALKS)).all()
    spoke = [agent for agent, outcome, _ in rows if outcome == Outcome.ANSWERED and agent]
    most = Counter(spoke).most_common(1)
    usual = session.get(User, most[0][0]) if most and most[0][1] >= USUAL else None
    vain: list[datetime] = []
    for _, outcome, at in rows:
        if outcome not in LOST:
            break
        vain.append(at)
    return usual, len(vain), vain[0] if vain else None


def _overdue(session: Session, customer_id: str, reader: str, now: datetime) -> Promise | None:
    late = select(Promise).where(
        shown_to(reader),
        Promise.customer_id == customer_id,
        Promise.state == PromiseState.OPEN,
        col(Promise.due_at) <= now,
    )
    return session.exec(late.order_by(col(Promise.due_at)).limit(1)).first()
