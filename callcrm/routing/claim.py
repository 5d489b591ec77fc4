"""The best free agent for a caller, won by compare-and-set; and whether it is worth trying.

A caller who has waited is never overtaken: a new one gets an agent only if everyone ahead who
could be served by somebody free still can be. At most four statements, the claim among them.
"""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Text, bindparam, cast, or_
from sqlalchemy import select as rows_of
from sqlmodel import Session, col, select

from callcrm.agents import states
from callcrm.agents.ring_target import choose_target
from callcrm.ivr.steps import Target
from callcrm.models import Agent, AgentState, Call, Customer, User
from callcrm.routing.priority import queues_of_callers_ahead
from callcrm.routing.selection import CallerNeeds, FreeAgent, rank_agents, serves, spare_agents

# All who are free may be many: as columns, since making objects of them costs ten times as much.
_FREE = (
    rows_of(
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
        or_(col(User.number).is_not(None), col(Agent.softphone_until) > bindparam("now")),
    )
)
ON_DUTY = (AgentState.AVAILABLE, AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP)


def claim_agent(
    session: Session, needs: CallerNeeds, now: datetime, exclude: Collection[str] = frozenset()
) -> Target | None:
    """Whom to ring, claimed for this call; None when nobody is free, or only for callers ahead."""
    free = _free(session, now)
    if not any(_suits(agent, needs, exclude) for agent in free):
        return None
    tier, familiar = _ties(session, needs)
    ahead = queues_of_callers_ahead(session, replace(needs, tier=needs.tier or tier), now)
    while mine := [agent for agent in spare_agents(free, ahead) if _suits(agent, needs, exclude)]:
        best = rank_agents(mine, needs, familiar)[0]
        if states.claim(session, best.id, needs.call_id, now):
            return best.target
        free = [agent for agent in free if agent is not best]
    return None


def agent_available(
    session: Session, needs: CallerNeeds, now: datetime, exclude: Collection[str] = frozenset()
) -> bool:
    """Whether free_agent would find somebody for this waiting caller: time to let them out of the queue."""
    free = _free(session, now)
    if not any(_suits(agent, needs, exclude) for agent in free):
        return False
    return any(
        _suits(agent, needs, exclude)
        for agent in spare_agents(free, queues_of_callers_ahead(session, needs, now))
    )


def is_staffed(session: Session, queue: str, now: datetime) -> bool:
    """Whether anybody serves the queue today: signed on, reachable, and not about to leave."""
    statement = (
        select(Agent.queues)
        .join(User, col(User.id) == col(Agent.id))
        .where(
            col(Agent.state).in_(ON_DUTY),
            col(Agent.next_state).is_(None),
            col(User.disabled_at).is_(None),
            or_(col(User.number).is_not(None), col(Agent.softphone_until) > now),
        )
    )
    return any(serves(queues, queue) for queues in session.exec(statement))


def _suits(agent: FreeAgent, needs: CallerNeeds, exclude: Collection[str]) -> bool:
    return agent.id not in exclude and serves(agent.queues, needs.queue)


def _free(session: Session, now: datetime) -> list[FreeAgent]:
    rows = session.connection().execute(_FREE, {"now": now}).all()
    found = (_as_free(now, *row) for row in rows)
    return [agent for agent in found if agent]


def _as_free(
    now: datetime,
    agent: str,
    since: datetime,
    softphone_until: datetime | None,
    number: str | None,
    queues: str | None,
    skills: str | None,
    languages: str | None,
) -> FreeAgent | None:
    where = choose_target(agent, softphone_until, number, now)
    if where is None:
        return None
    return FreeAgent(agent, since, where, _names(queues), _names(skills) or (), _names(languages) or ())


@lru_cache(maxsize=4096)
def _names(text: str | None) -> tuple[str, ...] | None:
    """What a list says; many agents have the same."""
    return None if text is None else tuple(json.loads(text))


def _ties(session: Session, needs: CallerNeeds) -> tuple[str | None, list[str]]:
    """The customer's tier; and their own agent, then whoever spoke last with them, or with their number."""
    if needs.customer_id:
        theirs = col(Call.customer_id) == needs.customer_id
    elif needs.phone:
        theirs = col(Call.phone) == needs.phone
    else:
        return None, []
    last = (
        select(Call.agent_id)
        .where(theirs, col(Call.id) != needs.call_id)
        .where(col(Call.agent_id).is_not(None), col(Call.answered_at).is_not(None))
        .order_by(col(Call.started_at).desc(), col(Call.id).desc())
        .limit(1)
    )
    tier = select(Customer.tier).where(Customer.id == needs.customer_id)
    owner = select(Customer.owner_id).where(Customer.id == needs.customer_id)
    found = select(tier.scalar_subquery(), owner.scalar_subquery(), last.scalar_subquery())
    grade, *agents = session.exec(found).one()
    return grade, [agent for agent in agents if agent]
