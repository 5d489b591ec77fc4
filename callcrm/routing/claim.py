"""The best free agent for a caller, claimed by compare-and-set; and whether it is worth trying.

Nobody ahead in line is overtaken: a caller gets an agent only if everyone ahead who could be served by
somebody free still can be. At most four statements, the claim among them.
"""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Text, bindparam, cast, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from callcrm.agents import states
from callcrm.agents.ring_target import choose_target
from callcrm.ivr.steps import Target
from callcrm.models import Agent, AgentState, Call, Customer, User
from callcrm.routing.priority import queues_of_callers_ahead
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
# Who rings, talks or wraps up is back before long: a caller may wait for them.
ON_DUTY = (AgentState.AVAILABLE, AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP)


def claim_agent(
    session: Session, needs: CallerNeeds, now: datetime, exclude: Collection[str] = frozenset()
) -> Target | None:
    """Whom to ring, claimed for this call; None when nobody is free, or only for callers ahead."""
    free = _free_agents(session, now)
    if not any(_serves_caller(agent, needs, exclude) for agent in free):
        return None
    tier, preferred = _tier_and_preferred_agents(session, needs)
    ahead = queues_of_callers_ahead(session, replace(needs, tier=needs.tier or tier), now)
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
    return any(
        _serves_caller(agent, needs, exclude)
        for agent in spare_agents(free, queues_of_callers_ahead(session, needs, now))
    )


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


def _tier_and_preferred_agents(session: Session, needs: CallerNeeds) -> tuple[str | None, list[str]]:
    """The customer's tier; and their own agent, then whoever spoke last with them or with their number."""
    if needs.customer_id:
        same_caller = col(Call.customer_id) == needs.customer_id
    elif needs.phone:
        same_caller = col(Call.phone) == needs.phone
    else:
        return None, []
    last_agent = (
        select(Call.agent_id)
        .where(same_caller, col(Call.id) != needs.call_id)
        .where(col(Call.agent_id).is_not(None), col(Call.answered_at).is_not(None))
        .order_by(col(Call.started_at).desc(), col(Call.id).desc())
        .limit(1)
    )
    tier = select(Customer.tier).where(Customer.id == needs.customer_id)
    owner = select(Customer.owner_id).where(Customer.id == needs.customer_id)
    statement = select(tier.scalar_subquery(), owner.scalar_subquery(), last_agent.scalar_subquery())
    tier_name, *agents = session.exec(statement).one()
    return tier_name, [agent for agent in agents if agent]
