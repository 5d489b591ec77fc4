"""The rules of who serves whom: pure, so that they can be read and tested without a store.

Who comes first in line: the earlier arrival, where a better tier counts as having come a little
earlier. As the head start is a fixed time, nobody is overtaken for longer than that.
Whom a caller gets: their own agent, else the one they spoke with last; then one who speaks their
language; then one with the queue's name among their skills; then whoever has been idle longest.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcrm.ivr.steps import Target

HEAD_START = {"gold": timedelta(seconds=120), "silver": timedelta(seconds=60)}


@dataclass(frozen=True, slots=True)
class CallerNeeds:
    """What is known of a caller who is to be served."""

    call_id: str
    queue: str
    language: str = ""
    customer_id: str | None = None
    phone: str | None = None
    tier: str | None = None


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
    """Whether somebody with these queues serves this one."""
    return queues is None or queue in queues


def effective_arrival(arrived: datetime, tier: str | None) -> datetime:
    """When a caller of this tier counts as having come: whose is earliest comes first."""
    return arrived - HEAD_START.get((tier or "").lower(), timedelta())


def rank_agents(
    free: Iterable[FreeAgent], needs: CallerNeeds, familiar: Sequence[str] = ()
) -> list[FreeAgent]:
    """These agents, the best for the caller first; `familiar` agents come before all, in their order."""

    def merit(agent: FreeAgent) -> tuple[int, int, bool, datetime, str]:
        known = familiar.index(agent.id) if agent.id in familiar else len(familiar)
        unskilled = needs.queue not in agent.skills
        return (
            known,
            language_mismatch(agent.languages, needs.language),
            unskilled,
            agent.idle_since,
            agent.id,
        )

    return sorted(free, key=merit)


def language_mismatch(spoken: Sequence[str], wanted: str) -> int:
    """0 for an agent who speaks the language, 1 where nothing is said of theirs, 2 for another's."""
    if not wanted or not spoken:
        return 1
    main = wanted.lower().split("-")[0]
    return 0 if any(tag.lower().split("-")[0] == main for tag in spoken) else 2


def spare_agents(free: Sequence[FreeAgent], ahead: Iterable[str]) -> list[FreeAgent]:
    """The agents one may take without anyone ahead losing theirs; `ahead`: the queues those wait in."""
    seated: dict[str, str] = {}
    for queue in ahead:
        if len(seated) == len(free):
            break
        _seat(queue, free, seated)
    return [agent for agent in free if _can_do_without(agent, free, seated)]


def _can_do_without(agent: FreeAgent, free: Sequence[FreeAgent], seated: dict[str, str]) -> bool:
    if agent.id not in seated:
        return True
    if len(seated) == len(free):
        return False
    others = [one for one in free if one is not agent]
    rest = {one: queue for one, queue in seated.items() if one != agent.id}
    return _seat(seated[agent.id], others, rest)


def _seat(queue: str, free: Sequence[FreeAgent], seated: dict[str, str]) -> bool:
    """Seat one more caller, moving others where need be: an augmenting path of bipartite matching."""
    reached_by: dict[str, str | None] = {}
    frontier: deque[tuple[str, str | None]] = deque([(queue, None)])
    while frontier:
        wanted, mover = frontier.popleft()
        for agent in free:
            if agent.id in reached_by or not serves(agent.queues, wanted):
                continue
            reached_by[agent.id] = mover
            if agent.id not in seated:
                _shift(agent.id, queue, reached_by, seated)
                return True
            frontier.append((seated[agent.id], agent.id))
    return False


def _shift(last: str, queue: str, reached_by: dict[str, str | None], seated: dict[str, str]) -> None:
    while (mover := reached_by[last]) is not None:
        seated[last] = seated[mover]
        last = mover
    seated[last] = queue
