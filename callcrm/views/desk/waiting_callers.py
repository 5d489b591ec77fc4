"""The callers who wait in queues."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from callcrm.models import Call, Customer
from callcrm.routing.priority import is_waiting


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller in a queue; `phone` is None for one without a number, `address` then what they call from."""

    call_id: str
    name: str | None
    tier: str | None
    phone: str | None
    address: str | None
    queue: str
    language: str | None
    since: datetime


def waiting_callers(session: Session, now: datetime, queues: Collection[str] | None = None) -> list[Waiting]:
    """The callers who wait in these queues (None: in any), longest first."""
    arrived = func.coalesce(col(Call.queued_at), col(Call.started_at)).label("arrived")
    statement = (
        select(Call, Customer, arrived)
        .join(Customer, col(Customer.id) == col(Call.customer_id), isouter=True)
        .where(is_waiting(now))
        .order_by(arrived, col(Call.id))
    )
    if queues is not None:
        statement = statement.where(col(Call.queue).in_(queues))
    return [_waiting(*row) for row in session.exec(statement)]


def _waiting(call: Call, customer: Customer | None, since: datetime) -> Waiting:
    name, tier = (customer.name, customer.tier) if customer else (None, None)
    return Waiting(call.id, name, tier, call.phone, call.address, call.queue or "", call.language, since)
