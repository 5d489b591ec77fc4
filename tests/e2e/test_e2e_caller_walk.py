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
from callcrm.simulator.rest.faults import FaultKind, RestFault
from callcrm.store.store import StoreDown
from tests.e2e.call_centre import CallCentre, open_call_centre
from tests.e2e.operator_rule import OperatorRuleWalk, WalkResult, unkept_promises
from tests.e2e.walker import AppClient, CarrierBehaviour

TEAM = {f"Agent{number}": f"+1202555017{number}" for number in range(8)}
EVERYWHERE = 9  # inputs: deeper than any path to a new stop
ALL_WELL = CarrierBehaviour()
pytestmark = pytest.mark.engine("sqlite")


@dataclass(frozen=True)
class WalkFault:
    """What is wrong on a walk: the carrier's side, the agents' state, and a fault injected into the app.

    `depth` is how many inputs deep ways are followed, `stops` how many stops must be found at least.
    """

    carrier: CarrierBehaviour = ALL_WELL
    agents: str = "available"
    depth: int = EVERYWHERE
    stops: int = 4
    inject_fault: Callable[[CallCentre, pytest.MonkeyPatch], None] = lambda centre, patch: None


def _store_down(centre: CallCentre, patch: pytest.MonkeyPatch) -> None:
    async def down(*_: object, **__: object) -> None:
        raise StoreDown("the store is away")

    patch.setattr(centre.services.store, "write", down)


def _store_down_in_queues(centre: CallCentre, patch: pytest.MonkeyPatch) -> None:
    write = centre.services.store.write

    async def sometimes(verb: Callable[[Session], Any], **options: Any) -> Any:
        request = getattr(verb, "keywords", {}).get("request")
        if request is not None and request.position.kind in (NodeKind.WAIT, NodeKind.LEFT):
            raise StoreDown("the store is away")
        return await write(verb, **options)

    patch.setattr(centre.services.store, "write", sometimes)


def _carrier_down(centre: CallCentre, patch: pytest.MonkeyPatch) -> None:
    centre.rest.faults.add(RestFault(FaultKind.SERVER_ERROR, times=10**6))


FAULTS = {
    "none": WalkFault(),
    "the store is away": WalkFault(CarrierBehaviour(staffed=False), inject_fault=_store_down),
    "the store goes away while they wait": WalkFault(
        CarrierBehaviour(served=False),
        agents="wrap_up",
        depth=3,
        stops=12,
        inject_fault=_store_down_in_queues,
    ),
    "nobody is signed on": WalkFault(CarrierBehaviour(staffed=False), agents="offline"),
    "everybody is busy": WalkFault(agents="wrap_up", depth=3, stops=20),
    "agents never answer": WalkFault(CarrierBehaviour(agents="no-answer"), depth=2, stops=8),
    "the operator is busy": WalkFault(CarrierBehaviour(operator="busy"), stops=6),
    "the operator does not answer": WalkFault(CarrierBehaviour(operator="no-answer"), stops=6),
    "nobody at all answers": WalkFault(
        CarrierBehaviour(operator="no-answer", staffed=False), agents="offline", stops=6
    ),
    "the queue is full": WalkFault(CarrierBehaviour(full=True), agents="wrap_up"),
    "the carrier's API is down": WalkFault(inject_fault=_carrier_down),
}


async def walk(fault: WalkFault, database_url: str, folder: Path) -> tuple[WalkResult, list[str]]:
    """The result of a walk under a fault, and complaints about calls without the promise they must have."""
    async with open_call_centre(database_url, folder, staff=TEAM) as centre:
        services = centre.services
        services.store.write_now(partial(_all_agents, state=fault.agents))
        with pytest.MonkeyPatch.context() as patch:
            fault.inject_fault(centre, patch)
            client = AppClient(centre.http, services.runtime.flows.book)
            result = await OperatorRuleWalk(client, fault.carrier, fault.depth).check()
        await services.spool.replay(
            partial(spool_replay.replay, services.store, services.runtime, services.clock)
        )
        assert centre.rest.log == [], "a webhook asked the carrier"
        await centre.run_jobs()  # promises are made by a job once a call has ended
        return result, services.store.read_now(partial(unkept_promises, result=result))


def _all_agents(session: Session, state: str) -> None:
    session.exec(update(Agent).values(state=state))


@pytest.mark.parametrize("name", FAULTS)
def test_every_path_leads_to_a_human_or_the_voicemail(name: str, database_url: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    result, unpromised = asyncio.run(walk(fault, database_url, tmp_path))
    print(
        f"{name}: {result.stops} stops, {result.documents} documents, {result.slowest:.0f} s to the voicemail"
    )
    assert result.complaints == []
    assert unpromised == []
    assert result.stops >= fault.stops
