"""The rules of which agent a caller gets: pure, so that they can be read and tested without a store.

Their own agent first, else the one they spoke with last; then one who speaks their language; then one with
the queue's name among their skills; then whoever has been idle longest. Who comes first in line is in
`priority.py`.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from callcrm.ivr.steps import Target


@dataclass(frozen=True, slots=True)
class CallerNeeds:
    """What is known of a caller who is to be served; `zone` is the business's, which a contact plan's hours
    are in. `plain`: they are served by what routing itself keeps alone, for what the business keeps around
    calls (tiers, complaints, plans) can't be read.
    """

    call_id: str
    queue: str
    language: str = ""
    customer_id: str | None = None
    phone: str | None = None
    tier: str | None = None
    zone: tzinfo = UTC
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Demand:
    """Who would do for a caller: whoever serves the queue, or the agent `only`, "" for nobody."""

    queue: str
    only: str | None = None


@dataclass(frozen=True, slots=True)
class FreeAgent:
    """An agent who could be rung at once. `queues` is None for every queue."""

    id: str
    idle_since: datetime
    target: Target
    queues: Sequence[str] | None = None
    skills: Sequence[str] = ()
    languages: Sequence[str] = ()


def serves(queues: Sequence[str] | None, queue: str) -> bool:
    """Whether an agent with these queues serves this one."""
    return queues is None or queue in queues


def suits(agent: FreeAgent, demand: Demand) -> bool:
    """Whether this agent would do. A contact plan names its agent whatever the queue."""
    return serves(agent.queues, demand.queue) if demand.only is None else agent.id == demand.only


def rank_agents(
    agents: Iterable[FreeAgent], needs: CallerNeeds, preferred: Sequence[str] = ()
) -> list[FreeAgent]:
    """These agents, the best for the caller first; the `preferred` ids come before all, in their order."""

    def merit(agent: FreeAgent) -> tuple[int, int, bool, datetime, str]:
        preference = preferred.index(agent.id) if agent.id in preferred else len(preferred)
        mismatch = language_mismatch(agent.languages, needs.language)
        return preference, mismatch, needs.queue not in agent.skills, agent.idle_since, agent.id

    return sorted(agents, key=merit)


def language_mismatch(languages: Sequence[str], wanted: str) -> int:
    """0 for an agent who speaks the language, 1 where none are set, 2 for one who speaks others."""
    if not wanted or not languages:
        return 1
    main = wanted.lower().split("-")[0]
    return 0 if any(tag.lower().split("-")[0] == main for tag in languages) else 2


def spare_agents(agents: Sequence[FreeAgent], ahead: Iterable[Demand]) -> list[FreeAgent]:
    """The agents a caller may get without anyone ahead of them losing theirs.

    `ahead` is what the callers ahead need, first in line first. Each of them is assigned an agent if one can
    be, by bipartite matching: to take any who suits would strand a caller whom only that one suits.
    """
    assigned: dict[str, Demand] = {}  # agent id -> what the caller it is for needs
    for demand in ahead:
        if len(assigned) == len(agents):
            break
        _assign(demand, agents, assigned)
    return [agent for agent in agents if _is_spare(agent, agents, assigned)]


def _is_spare(agent: FreeAgent, agents: Sequence[FreeAgent], assigned: dict[str, Demand]) -> bool:
    """Whether the caller this agent is assigned to, if any, could be assigned to another."""
    if agent.id not in assigned:
        return True
    if len(assigned) == len(agents):
        return False
    others = [other for other in agents if other is not agent]
    rest = {agent_id: demand for agent_id, demand in assigned.items() if agent_id != agent.id}
    return _assign(assigned[agent.id], others, rest)


def _assign(demand: Demand, agents: Sequence[FreeAgent], assigned: dict[str, Demand]) -> bool:
    """Assign an agent to one more caller, moving others where need be; False if none can be.

    Looks for an augmenting path, breadth first: an unassigned agent who suits, or an assigned
    one whose caller can be moved on.
    """
    freed_for: dict[str, str | None] = {}  # agent id -> the agent whose caller would move to it
    frontier: deque[tuple[Demand, str | None]] = deque([(demand, None)])
    while frontier:
        wanted, holder = frontier.popleft()
        for agent in agents:
            if agent.id in freed_for or not suits(agent, wanted):
                continue
            freed_for[agent.id] = holder
            if agent.id not in assigned:
                _reassign(agent.id, demand, freed_for, assigned)
                return True
            frontier.append((assigned[agent.id], agent.id))
    return False


def _reassign(
    last: str, demand: Demand, freed_for: dict[str, str | None], assigned: dict[str, Demand]
) -> None:
    """Walk the path back from the agent at its end, moving each caller one agent on."""
    while (holder := freed_for[last]) is not None:
        assigned[last] = assigned[holder]
        last = holder
    assigned[last] = demand
