"""Who comes first in line: the earlier arrival, where a better tier counts as having come a little earlier.

A gold caller overtakes those who arrived less than two minutes before. As the head start is a fixed time,
nobody is overtaken for longer than that, and everybody's wait stays finite.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from callcrm.models import Call, CallState, Customer
from callcrm.routing import contact_rules
from callcrm.routing.contact_rules import ContactRule
from callcrm.routing.selection import CallerNeeds, Demand

HEAD_START_BY_TIER = {"gold": timedelta(seconds=120), "silver": timedelta(seconds=60)}
# A waiting caller's next document is requested every half a minute: after this the carrier has lost them.
SILENCE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class WaitingCaller:
    """A caller in a queue. `ruling_step` is the step of conduct, if any, that says who may be rung."""

    call_id: str
    queue: str
    arrived: datetime
    tier: str | None = None
    ruling_step: str | None = None


def effective_arrival(arrived: datetime, tier: str | None) -> datetime:
    """When a caller of this tier counts as having arrived: whose is earliest comes first."""
    return arrived - HEAD_START_BY_TIER.get((tier or "").lower(), timedelta())


def priority_key(caller: WaitingCaller) -> tuple[datetime, str]:
    """Sorts callers, first in line first."""
    return effective_arrival(caller.arrived, caller.tier), caller.call_id


def is_waiting(now: datetime) -> ColumnElement[bool]:
    """Calls in a queue that the carrier still requests: one it forgot must not hold a place for ever."""
    last_request = func.coalesce(col(Call.last_event_at), col(Call.queued_at), col(Call.started_at))
    return and_(
        col(Call.state) == CallState.QUEUED,
        col(Call.queue).is_not(None),
        last_request > now - SILENCE,
    )


def callers_ahead(session: Session, needs: CallerNeeds, now: datetime) -> list[Demand]:
    """What the callers who come before this one need, first in line first."""
    arrived = func.coalesce(col(Call.queued_at), col(Call.started_at))
    own_call = and_(col(Call.id) == needs.call_id, col(Call.queued_at).is_not(None))
    statement = (
        select_columns(
            col(Call.id),
            col(Call.queue),
            arrived,
            col(Customer.tier),
            contact_rules.ruling_step(col(Call.customer_id)),
        )
        .select_from(Call)
        .join(Customer, col(Customer.id) == col(Call.customer_id), isouter=True)
        .where(or_(own_call, is_waiting(now)))
    )
    caller = WaitingCaller(needs.call_id, needs.queue, now, needs.tier)  # of a new one: arrived now
    others = []
    for call_id, queue, at, tier, step in session.connection().execute(statement):
        waiting = WaitingCaller(call_id, queue or "", at, tier, step)
        if waiting.call_id == needs.call_id:
            caller = replace(caller, arrived=waiting.arrived, tier=needs.tier or waiting.tier)
        else:
            others.append(waiting)
    ahead = [other for other in others if priority_key(other) < priority_key(caller)]
    rules = contact_rules.rules_of(session, [other.ruling_step for other in ahead], needs.zone)
    return [_demand(other, rules.get(other.ruling_step), now) for other in sorted(ahead, key=priority_key)]


def _demand(caller: WaitingCaller, rule: ContactRule | None, now: datetime) -> Demand:
    return Demand(caller.queue, rule.rings(now) if rule else None)
