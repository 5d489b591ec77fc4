"""Who is waiting, and who of them comes before whom."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from callcrm.models import Call, CallState, Customer
from callcrm.routing.selection import CallerNeeds, effective_arrival

SILENCE = timedelta(minutes=2)  # a turn of the waiting loop takes half a minute at most


@dataclass(frozen=True, slots=True)
class WaitingCaller:
    """A caller in a queue."""

    call_id: str
    queue: str
    arrived: datetime
    tier: str | None = None


def priority_key(one: WaitingCaller) -> tuple[datetime, str]:
    """Whose is smallest comes first."""
    return effective_arrival(one.arrived, one.tier), one.call_id


def is_waiting(now: datetime) -> ColumnElement[bool]:
    """Calls in a queue that the carrier still speaks of: one it forgot must not hold a place for ever."""
    heard = func.coalesce(col(Call.heard_at), col(Call.queued_at), col(Call.started_at))
    return and_(
        col(Call.state) == CallState.QUEUED,
        col(Call.queue).is_not(None),
        heard > now - SILENCE,
    )


def queues_of_callers_ahead(session: Session, needs: CallerNeeds, now: datetime) -> list[str]:
    """The queues of the callers who come before this one, first in line first."""
    arrived = func.coalesce(col(Call.queued_at), col(Call.started_at))
    mine = and_(col(Call.id) == needs.call_id, col(Call.queued_at).is_not(None))
    statement = (
        select(Call.id, Call.queue, arrived, Customer.tier)
        .select_from(Call)
        .join(Customer, col(Customer.id) == col(Call.customer_id), isouter=True)
        .where(or_(mine, is_waiting(now)))
    )
    me = WaitingCaller(needs.call_id, needs.queue, now, needs.tier)
    others = []
    for one in (WaitingCaller(*row) for row in session.exec(statement)):
        if one.call_id == needs.call_id:
            me = replace(me, arrived=one.arrived, tier=needs.tier or one.tier)
        else:
            others.append(one)
    return [one.queue for one in sorted(others, key=priority_key) if priority_key(one) < priority_key(me)]
