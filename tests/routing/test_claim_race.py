"""Thirty-two callers at once: each agent is won by one of them."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from callcrm.agents import states
from callcrm.routing.claim import claim_agent
from callcrm.routing.selection import CallerNeeds
from tests.agents.staffing import Floor, at, hire

CALLERS = 32


def race(floor: Floor, *, direct: bool) -> list[str | None]:
    """Whom each caller got; `direct` claims the first agent without looking."""
    start = Barrier(CALLERS)

    def run(number: int) -> str | None:
        start.wait()
        if direct:
            return "a0" if floor.do(states.claim, "a0", f"c{number}", at(1)) else None
        target = floor.do(claim_agent, CallerNeeds(f"c{number}", "sales"), at(1))
        return target.agent if target else None

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(run, range(CALLERS)))


def test_one_agent_is_claimed_by_one_of_thirty_two(floor: Floor) -> None:
    floor.do(hire, "a0")
    won = race(floor, direct=True)
    assert Counter(won) == {"a0": 1, None: CALLERS - 1}
    assert floor.agent("a0").call_id == f"c{won.index('a0')}"


@pytest.mark.parametrize("agents", [1, 5, 40])
def test_every_agent_is_found_and_none_twice(floor: Floor, agents: int) -> None:
    for number in range(agents):
        floor.do(hire, f"a{number}")
    won = Counter(race(floor, direct=False))
    lost = won.pop(None, 0)
    assert set(won.values()) == {1}
    assert (len(won), lost) == (min(agents, CALLERS), max(0, CALLERS - agents))
