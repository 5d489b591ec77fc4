"""Who comes first in line: the earlier arrival, where a better tier counts as having come a little earlier.

A gold caller, out of the box, overtakes those who arrived less than two minutes before. As the head start is
a fixed time of at most five minutes, nobody is overtaken for longer than that, and everybody's wait stays
finite. So is the wait of those who hold out for their own agent: a minute, while that agent is on duty.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    false,
    func,
    null,
    or_,
    select,
    union_all,
)
from sqlmodel import Session, col

from callcrm.business import modules
from callcrm.business import tiers as business_tiers
from callcrm.business.tiers import Tiers
from callcrm.models import Agent, AgentState, Call, CallState, Customer, Setting
from callcrm.models.conventions import table_of
from callcrm.routing import contact_rules
from callcrm.routing.contact_rules import ContactRule
from callcrm.routing.selection import CallerNeeds, Demand, serves

# A waiting caller's next document is requested every half a minute: after this the carrier has lost them.
SILENCE = timedelta(minutes=2)
OWN_AGENT_WAIT = timedelta(seconds=60)
# Who rings, talks or wraps up is back before long: a caller may wait for them.
BUSY = (AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP)
AGENT, SETTING = table_of(Agent).c, table_of(Setting).c
OUT_OF_THE_BOX = business_tiers.parse(None)
SETTINGS = (business_tiers.NAME, modules.NAME)


@dataclass(frozen=True, slots=True)
class OwnAgent:
    """A customer's own agent as they are now."""

    state: str
    next_state: str | None
    queues: str | None  # JSON

    def is_busy(self, queue: str) -> bool:
        """Whether they will serve this queue again when what they do now is over."""
        names = None if self.queues is None else json.loads(self.queues)
        return self.state in BUSY and self.next_state is None and serves(names, queue)


@dataclass(frozen=True, slots=True)
class WaitingCaller:
    """A caller in a queue. `ruling_step` is the step of conduct, if any, that says who may be rung."""

    call_id: str
    queue: str
    arrived: datetime
    tier: str | None = None
    ruling_step: str | None = None
    own_agent: OwnAgent | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The line as one caller sees it: what those ahead need, first in line first, without those who hold out
    for their own agent; and whether the caller does so.
    """

    ahead: list[Demand]
    holds_out: bool


def effective_arrival(arrived: datetime, tier: str | None, tiers: Tiers = OUT_OF_THE_BOX) -> datetime:
    """When a caller of this tier counts as having arrived: whose is earliest comes first."""
    entry = tiers.get(tier)
    return arrived - timedelta(seconds=entry.benefits.queue_boost if entry else 0)


def holds_out(caller: WaitingCaller, tiers: Tiers, now: datetime) -> bool:
    """Whether a caller waits for their own agent, who is busy, rather than be served by another."""
    tier = tiers.get(caller.tier)
    if tier is None or not tier.benefits.own_agent or caller.ruling_step is not None:
        return False
    if now - caller.arrived >= OWN_AGENT_WAIT:
        return False
    return caller.own_agent is not None and caller.own_agent.is_busy(caller.queue)


def is_waiting(now: datetime) -> ColumnElement[bool]:
    """Calls in a queue that the carrier still requests: one it forgot must not hold a place for ever."""
    last_request = func.coalesce(col(Call.last_event_at), col(Call.queued_at), col(Call.started_at))
    return and_(
        col(Call.state) == CallState.QUEUED,
        col(Call.queue).is_not(None),
        last_request > now - SILENCE,
    )


def own_agent_columns() -> tuple[ColumnElement[Any], ...]:
    """What `OwnAgent` is made of."""
    return AGENT.state, AGENT.next_state, cast(AGENT.queues, Text)


def setting_text(name: str) -> Select[Any]:
    """A setting's JSON."""
    return select(cast(SETTING.value, Text)).where(SETTING.name == name)


def line_of(session: Session, needs: CallerNeeds, now: datetime, own_agent: OwnAgent | None = None) -> Line:
    """The line that this caller stands in, or would; `own_agent` is that of one who waits in no queue yet."""
    new = WaitingCaller(needs.call_id, needs.queue, now, needs.tier, own_agent=own_agent)  # arrived now
    callers, tiers = _callers(session, needs, now)
    caller = callers.pop(needs.call_id, new)
    caller = replace(caller, queue=needs.queue, tier=needs.tier or caller.tier)
    place = _place(caller, tiers)
    ahead = [
        other
        for other in callers.values()
        if _place(other, tiers) < place and not holds_out(other, tiers, now)
    ]
    rules = contact_rules.rules_of(session, [other.ruling_step for other in ahead], needs.zone)
    ahead.sort(key=lambda other: _place(other, tiers))
    demands = [_demand(other, rules.get(other.ruling_step), now) for other in ahead]
    return Line(demands, holds_out(caller, tiers, now))


def _callers(session: Session, needs: CallerNeeds, now: datetime) -> tuple[dict[str, WaitingCaller], Tiers]:
    """By call, everybody who waits, the caller among them; and the tiers in force."""
    texts: dict[str, str] = {}
    callers: dict[str, WaitingCaller] = {}
    for call, name, arrived, text, step, *agent in session.connection().execute(_statement(needs, now)):
        if call is None:
            texts[name] = text
        else:
            own_agent = OwnAgent(*agent) if agent[0] else None
            callers[call] = WaitingCaller(call, name or "", arrived, text, step, own_agent)
    tiers, modules_off = map(texts.get, SETTINGS)
    return callers, business_tiers.NOBODY if needs.plain else business_tiers.of_texts((tiers, 1), modules_off)


def _demand(caller: WaitingCaller, rule: ContactRule | None, now: datetime) -> Demand:
    return Demand(caller.queue, rule.rings(now) if rule else None)


def _place(caller: WaitingCaller, tiers: Tiers) -> tuple[datetime, str]:
    return effective_arrival(caller.arrived, caller.tier, tiers), caller.call_id


def _statement(needs: CallerNeeds, now: datetime) -> Any:
    """Everybody who waits; and, so that it takes no statement more, what the business has set."""
    arrived = func.coalesce(col(Call.queued_at), col(Call.started_at))
    own_call = and_(col(Call.id) == needs.call_id, col(Call.queued_at).is_not(None))
    callers = (
        select(
            col(Call.id),
            col(Call.queue),
            arrived,
            col(Customer.tier),
            contact_rules.ruling_step_of(col(Call.customer_id), plain=needs.plain),
            *own_agent_columns(),
        )
        .select_from(Call)
        .join(Customer, col(Customer.id) == col(Call.customer_id), isouter=True)
        .join(Agent, col(Agent.id) == col(Customer.owner_id), isouter=True)
        .where(or_(own_call, is_waiting(now)))
    )
    return union_all(_NO_SETTINGS if needs.plain else _SETTINGS, callers)


def _nothing(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(null(), column.type)


_SETTINGS = select(
    _nothing(table_of(Call).c.id),
    SETTING.name,
    _nothing(table_of(Call).c.queued_at),
    cast(SETTING.value, Text),
    cast(null(), Text),
    *map(_nothing, own_agent_columns()),
).where(SETTING.name.in_(SETTINGS))
_NO_SETTINGS = select(
    _nothing(table_of(Call).c.id),
    cast(null(), Text),
    _nothing(table_of(Call).c.queued_at),
    *(cast(null(), Text) for _ in range(2)),
    *map(_nothing, own_agent_columns()),
).where(false())
