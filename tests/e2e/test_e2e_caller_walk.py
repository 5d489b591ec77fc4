"""The operator rule over HTTP: every way a caller can go, under every fault."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, update

from callcrm.ivr.steps import NodeKind
from callcrm.jobs import spool_replay
from callcrm.models import Agent
from callcrm.simulator.rest.faults import FaultKind as TroubleKind
from callcrm.simulator.rest.faults import RestFault as Trouble
from callcrm.store.store import StoreDown
from tests.e2e.rule import Found, Rule, unkept
from tests.e2e.town import Town, open_town
from tests.e2e.walking import Line, World

TEAM = {f"Agent{number}": f"+1202555017{number}" for number in range(8)}
EVERYWHERE = 9  # deeper than any way that leads to something new
WELL = World()
pytestmark = pytest.mark.engine("sqlite")


@dataclass(frozen=True)
class Fault:
    """What is wrong: the carrier's side, what the agents do, and what else is done to the house."""

    world: World = WELL
    agents: str = "available"
    depth: int = EVERYWHERE
    stops: int = 4  # at least so many are found
    harm: Callable[[Town, pytest.MonkeyPatch], None] = lambda town, patch: None


def _store_away(town: Town, patch: pytest.MonkeyPatch) -> None:
    async def down(*_: object, **__: object) -> None:
        raise StoreDown("the store is away")

    patch.setattr(town.services.store, "write", down)


def _store_away_in_queues(town: Town, patch: pytest.MonkeyPatch) -> None:
    write = town.services.store.write

    async def sometimes(verb: Callable[[Session], Any], **how: Any) -> Any:
        heard = getattr(verb, "keywords", {}).get("request")
        if heard is not None and heard.position.kind in (NodeKind.WAIT, NodeKind.LEFT):
            raise StoreDown("the store is away")
        return await write(verb, **how)

    patch.setattr(town.services.store, "write", sometimes)


def _carrier_down(town: Town, patch: pytest.MonkeyPatch) -> None:
    town.rest.faults.add(Trouble(TroubleKind.SERVER_ERROR, times=10**6))


FAULTS = {
    "none": Fault(),
    "the store is away": Fault(World(staffed=False), harm=_store_away),
    "the store goes away while they wait": Fault(
        World(served=False), agents="wrap_up", depth=3, stops=12, harm=_store_away_in_queues
    ),
    "nobody is signed on": Fault(World(staffed=False), agents="offline"),
    "everybody is busy": Fault(agents="wrap_up", depth=3, stops=20),
    "agents never answer": Fault(World(agents="no-answer"), depth=2, stops=8),
    "the operator is busy": Fault(World(operator="busy"), stops=6),
    "the operator does not answer": Fault(World(operator="no-answer"), stops=6),
    "nobody at all answers": Fault(World(operator="no-answer", staffed=False), agents="offline", stops=6),
    "the queue is full": Fault(World(full=True), agents="wrap_up"),
    "the carrier's API is down": Fault(harm=_carrier_down),
}


async def walk(fault: Fault, database_url: str, folder: Path) -> tuple[Found, list[str]]:
    """What is found under a fault, and who was left with less than they are owed."""
    async with open_town(database_url, folder, staff=TEAM) as town:
        services = town.services
        services.store.write_now(partial(_all_agents, state=fault.agents))
        with pytest.MonkeyPatch.context() as patch:
            fault.harm(town, patch)
            rule = Rule(Line(town.http, services.runtime.flows.book), fault.world, fault.depth)
            found = await rule.check()
        await services.spool.replay(
            partial(spool_replay.replay, services.store, services.runtime, services.clock)
        )
        assert town.rest.log == [], "a webhook asked the carrier"
        return found, services.store.read_now(partial(unkept, found=found))


def _all_agents(session: Session, state: str) -> None:
    session.exec(update(Agent).values(state=state))


@pytest.mark.parametrize("name", FAULTS)
def test_every_way_leads_to_a_human_or_the_voicemail(name: str, database_url: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    found, unpromised = asyncio.run(walk(fault, database_url, tmp_path))
    print(f"{name}: {found.stops} stops, {found.documents} documents, {found.slowest:.0f} s to the voicemail")
    assert found.complaints == []
    assert unpromised == []
    assert found.stops >= fault.stops
