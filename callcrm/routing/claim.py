"""The best free agent for a caller, claimed by compare-and-set; and whether it is worth trying.

Nobody ahead in line is overtaken: a caller gets an agent only if everyone ahead who could be served by
somebody free still can be. At most four statements, the claim among them.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Text, bindparam, cast, literal, or_, true
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from callcrm.agents import states
from callcrm.agents.ring_target import choose_target
from callcrm.business import tiers as business_tiers
from callcrm.ivr.steps import Target
from callcrm.models import Agent, AgentState, Call, Customer, User
from callcrm.routing.priority import BUSY, SETTINGS, OwnAgent, line, own_agent_columns, setting_text
from callcrm.routing.selection import CallerNeeds, FreeAgent, rank_agents, serves, spare_agents

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


def claim_agent(
    session: Session, needs: CallerNeeds, now: datetime, exclude: Collection[str] = frozenset()
) -> Target | None:
    """Whom to ring, claimed for this call; None when nobody is free, or only for callers ahead, or while the
    caller may wait for their own agent.
    """
    free = _free_agents(session, now)
    if not any(_serves_caller(agent, needs, exclude) for agent in free):
        return None
    caller = _customer(session, needs)
    there = line(session, replace(needs, tier=needs.tier or caller.tier), now, caller.own_agent)
    if there.holds_out:
        return None
    ahead, preferred = there.ahead, caller.preferred
    while agents := [agent for agent in spare_agents(free, ahead) if _serves_caller(agent, needs, exclude)]:
        best = rank_agents(agents, needs, preferred)[0]
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
    if not any(_serves_caller(agent, needs, exclude) for agent in free):
        return False
    there = line(session, needs, now)
    if there.holds_out:
        return False
    return any(_serves_caller(agent, needs, exclude) for agent in spare_agents(free, there.ahead))


def is_staffed(session: Session, queue: str, now: datetime) -> bool:
    """Whether anybody serves the queue today: signed on, reachable, and not about to leave."""
    statement = (
        select(Agent.queues)
        .join(User, col(User.id) == col(Agent.id))
        .where(
            col(Agent.state).in_(ON_DUTY),
            col(Agent.next_state).is_(None),  # no break or sign-off is to follow their call
            col(User.disabled_at).is_(None),
            or_(col(User.number).is_not(None), col(Agent.softphone_until) > now),
        )
    )
    return any(serves(queues, queue) for queues in session.exec(statement))


def _serves_caller(agent: FreeAgent, needs: CallerNeeds, exclude: Collection[str]) -> bool:
    return agent.id not in exclude and serves(agent.queues, needs.queue)


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


def queue_of_tier(session: Session, customer_id: str, queue: str, now: datetime) -> str:
    """The queue of the customer's tier, if it has one and somebody serves it now; else this queue."""
    tier = select(Customer.tier).where(Customer.id == customer_id).scalar_subquery()
    texts = (setting_text(name).scalar_subquery() for name in SETTINGS)
    code, tiers, modules_off = session.connection().execute(select_columns(tier, *texts)).one()
    own = business_tiers.of_texts((tiers, 1), modules_off).get(code)
    wanted = own.benefits.queue if own else None
    return wanted if wanted and wanted != queue and is_staffed(session, wanted, now) else queue


@dataclass(frozen=True, slots=True)
class _Caller:
    """A caller's tier and own agent; and whom they get rather than others, the first of them first."""

    tier: str | None = None
    own_agent: OwnAgent | None = None
    preferred: list[str] = field(default_factory=list)


def _customer(session: Session, needs: CallerNeeds) -> _Caller:
    """What is kept of the caller; they prefer their own agent, then whoever spoke last with them or with
    their number.
    """
    if needs.customer_id:
        same_caller = col(Call.customer_id) == needs.customer_id
    elif needs.phone:
        same_caller = col(Call.phone) == needs.phone
    else:
        return _Caller()
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
    one_row = select_columns(literal(1)).subquery()
    both = one_row.outerjoin(customer, true()).outerjoin(last_agent, true())
    statement = select_columns(*customer.c, *last_agent.c).select_from(both)
    tier, owner, state, next_state, queues, last = session.connection().execute(statement).one()
    own_agent = OwnAgent(state, next_state, queues) if state else None
    return _Caller(tier, own_agent, [agent for agent in (owner, last) if agent])
