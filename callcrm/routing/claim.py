"""The best free agent for a caller, claimed by compare-and-set; and whether it is worth trying.

Nobody ahead in line is overtaken: a caller gets an agent only if everyone ahead who could be served by
somebody free still can be. At most four statements, the claim among them; two more of a customer for whom
conduct says who may be rung (`contact_rules.py`), since a plan is rare.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import Text, bindparam, cast, or_, true
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from callcrm.agents import states
from callcrm.agents.ring_target import choose_target
from callcrm.business import tiers as business_tiers
from callcrm.ivr.steps import Target
from callcrm.models import Agent, AgentState, Call, Customer, User
from callcrm.routing import contact_rules
from callcrm.routing.complaint_handler import handler_of
from callcrm.routing.priority import BUSY, SETTINGS, OwnAgent, line_of, own_agent_columns, setting_text
from callcrm.routing.selection import CallerNeeds, Demand, FreeAgent, rank_agents, serves, spare_agents, suits

# The free agents may be many: as columns, since making objects of them costs ten times as much.
_FREE_AGENTS = (
    select_columns(
        col(Agent.id),
        col(Agent.since),
        col(Agent.softphone_until),
        col(User.number),
        cast(col(Agent.queues), Text),
        cast(col(Agent.skills), Text),
        cast(col(Agent.languages), Text),
    )
    .join(User, col(User.id) == col(Agent.id))
    .where(
        col(Agent.state) == AgentState.AVAILABLE,
        col(Agent.call_id).is_(None),
        col(User.disabled_at).is_(None),
        # A softphone counts while its page reports itself; one that fell silent would ring for nobody.
        or_(col(User.number).is_not(None), col(Agent.softphone_until) > bindparam("now")),
    )
)
ON_DUTY = (AgentState.AVAILABLE, *BUSY)


@dataclass(frozen=True, slots=True)
class _Caller:
    """What the store has of a caller: `preferred` are who handles their complaint, their own agent and
    whoever spoke with them last, by id; `demand` is who would do.
    """

    tier: str | None
    preferred: list[str]
    demand: Demand
    own_agent: OwnAgent | None = None


def claim_agent(
    session: Session, needs: CallerNeeds, now: datetime, exclude: Collection[str] = frozenset()
) -> Target | None:
    """Whom to ring, claimed for this call; None when nobody is free, or only for callers ahead, or while the
    caller may wait for their own agent.
    """
    free = _free_agents(session, now)
    if not free or (needs.customer_id is None and not _suitable(free, Demand(needs.queue), exclude)):
        return None
    caller = _caller(session, needs, now)
    if not _suitable(free, caller.demand, exclude):
        return None
    own_agent = caller.own_agent if caller.demand.only is None else None
    line = line_of(session, replace(needs, tier=needs.tier or caller.tier), now, own_agent)
    if line.holds_out:
        return None
    while agents := _suitable(spare_agents(free, line.ahead), caller.demand, exclude):
        best = rank_agents(agents, needs, caller.preferred)[0]
        # What was read may be old by now: the claim changes the agent only while they are still available.
        if states.claim(session, best.id, needs.call_id, now):
            return best.target
        free = [agent for agent in free if agent is not best]
    return None


def agent_available(
    session: Session, needs: CallerNeeds, now: datetime, exclude: Collection[str] = frozenset()
) -> bool:
    """Whether claim_agent would find somebody for this waiting caller: time to let them out of the queue."""
    free = _free_agents(session, now)
    ask = free and not needs.plain
    rule = contact_rules.rule_of(session, needs.customer_id, needs.zone) if ask else None
    demand = Demand(needs.queue, rule.rings(now) if rule else None)
    if not _suitable(free, demand, exclude):
        return False
    line = line_of(session, needs, now)
    return not line.holds_out and bool(_suitable(spare_agents(free, line.ahead), demand, exclude))


def is_staffed(session: Session, queue: str, now: datetime, needs: CallerNeeds | None = None) -> bool:
    """Whether anybody serves the queue today: signed on, reachable, and not about to leave. Where conduct
    says who may be rung for the caller of these `needs`, whether that is so of them.
    """
    caller, plain = (needs.customer_id, needs.plain) if needs else (None, False)
    statement = (
        select(Agent.id, Agent.queues, contact_rules.ruling_step_of(caller, plain=plain))
        .join(User, col(User.id) == col(Agent.id))
        .where(
            col(Agent.state).in_(ON_DUTY),
            col(Agent.next_state).is_(None),  # no break or sign-off is to follow their call
            col(User.disabled_at).is_(None),
            or_(col(User.number).is_not(None), col(Agent.softphone_until) > now),
        )
    )
    rows = session.exec(statement).all()
    steps = {step for _, _, step in rows}
    rule = next(iter(contact_rules.rules_of(session, steps, needs.zone if needs else UTC).values()), None)
    if rule is not None:
        return rule.rings(now) in {agent for agent, _, _ in rows}
    return any(serves(queues, queue) for _, queues, _ in rows)


def _suitable(agents: Iterable[FreeAgent], demand: Demand, exclude: Collection[str]) -> list[FreeAgent]:
    return [agent for agent in agents if agent.id not in exclude and suits(agent, demand)]


def _free_agents(session: Session, now: datetime) -> list[FreeAgent]:
    rows = session.connection().execute(_FREE_AGENTS, {"now": now}).all()
    agents = (_free_agent(now, *row) for row in rows)
    return [agent for agent in agents if agent]


def _free_agent(
    now: datetime,
    agent: str,
    since: datetime,
    softphone_until: datetime | None,
    number: str | None,
    queues: str | None,
    skills: str | None,
    languages: str | None,
) -> FreeAgent | None:
    target = choose_target(agent, softphone_until, number, now)
    if target is None:
        return None
    return FreeAgent(agent, since, target, _names(queues), _names(skills) or (), _names(languages) or ())


@lru_cache(maxsize=4096)
def _names(text: str | None) -> tuple[str, ...] | None:
    """The names in a JSON list; cached, since many agents have the same."""
    return None if text is None else tuple(json.loads(text))


def _caller(session: Session, needs: CallerNeeds, now: datetime) -> _Caller:
    if needs.customer_id:
        same_caller = col(Call.customer_id) == needs.customer_id
    elif needs.phone:
        same_caller = col(Call.phone) == needs.phone
    else:
        return _Caller(None, [], Demand(needs.queue))
    last_agent = (
        select_columns(col(Call.agent_id))
        .where(same_caller, col(Call.id) != needs.call_id)
        .where(col(Call.agent_id).is_not(None), col(Call.answered_at).is_not(None))
        .order_by(col(Call.started_at).desc(), col(Call.id).desc())
        .limit(1)
        .subquery()
    )
    customer = (
        select_columns(col(Customer.tier), col(Customer.owner_id), *own_agent_columns())
        .join(Agent, col(Agent.id) == col(Customer.owner_id), isouter=True)
        .where(col(Customer.id) == needs.customer_id)
        .subquery()
    )
    one_row = select_columns(
        contact_rules.ruling_step_of(needs.customer_id, plain=needs.plain).label("step"),
        handler_of(needs.customer_id, plain=needs.plain).label("handler"),
    ).subquery()
    joined = one_row.outerjoin(customer, true()).outerjoin(last_agent, true())
    statement = select_columns(*one_row.c, *customer.c, *last_agent.c).select_from(joined)
    row = session.connection().execute(statement).one()
    ruling_step, handler, tier, owner, state, next_state, queues, last = row
    rule = contact_rules.rules_of(session, (ruling_step,), needs.zone).get(ruling_step)
    demand = Demand(needs.queue, rule.rings(now) if rule else None)
    own_agent = OwnAgent(state, next_state, queues) if state else None
    return _Caller(tier, [agent for agent in (handler, owner, last) if agent], demand, own_agent)


def queue_of_tier(session: Session, customer_id: str, queue: str, now: datetime) -> str:
    """The queue of the customer's tier, if it has one and somebody serves it now; else this queue."""
    tier = select(Customer.tier).where(Customer.id == customer_id).scalar_subquery()
    texts = (setting_text(name).scalar_subquery() for name in SETTINGS)
    code, tiers, modules_off = session.connection().execute(select_columns(tier, *texts)).one()
    own = business_tiers.of_texts((tiers, 1), modules_off).get(code)
    wanted = own.benefits.queue if own else None
    return wanted if wanted and wanted != queue and is_staffed(session, wanted, now) else queue
