"""A client of the simulated carrier's REST API, and simulations for its tests."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from starlette.responses import Response

from callcrm.simulator.parties.callers import HangUp, Script, Talk
from callcrm.simulator.rest.app import rest_app
from callcrm.simulator.rest.base import RestApi
from tests.simulator.simulation import (
    ACCOUNT,
    AGENT,
    BASE,
    CALLER,
    OURS,
    TOKEN,
    ScriptedAnswer,
    Simulation,
    simulate,
)

OK = Response(status_code=204)
API = f"http://api.example/2010-04-01/Accounts/{ACCOUNT}"
CALL_FORM = {
    "To": AGENT,
    "From": OURS,
    "Url": f"{BASE}/outbound",
    "StatusCallback": f"{BASE}/placed",
    "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
}


class ApiClient:
    """The REST API of a simulation, over ASGI."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.rest = RestApi(simulation.carrier)
        transport = httpx.ASGITransport(app=rest_app(self.rest))
        self.http = httpx.AsyncClient(transport=transport, auth=(ACCOUNT, TOKEN))

    async def post(self, path: str, **form: Any) -> httpx.Response:
        """POST a form below the account's path."""
        return await self.http.post(f"{API}{path}", data=form)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """GET a path below the account's path."""
        return await self.http.get(f"{API}{path}", params=query)

    async def call(self, *steps: Any) -> None:
        """Somebody calls, until every callback is sent."""
        await self.simulation.carrier.call(CALLER, self.simulation.number, Script(steps, 60))
        await self.simulation.carrier.settle()

    async def record_call(self) -> str:
        """Somebody calls and is recorded; the recording's SID."""
        await self.call(Talk(5), HangUp())
        return next(iter(self.simulation.carrier.state.recordings.by_sid))

    async def during(self, seconds: float, act: Callable[[str], Awaitable[Any]]) -> Any:
        """Somebody calls, and some seconds later `act` is called with their call's SID; its result."""
        carrier, clock = self.simulation.carrier, self.simulation.clock

        async def act_later() -> Any:
            await clock.sleep(seconds)
            return await act(next(iter(carrier.state.legs)))

        acting = clock.spawn(act_later())
        await carrier.call(CALLER, self.simulation.number, Script(patience=60))
        return await acting


def run_story(simulation: Simulation, story: Callable[[ApiClient], Awaitable[Any]]) -> Any:
    """The result of a story, once everything in the simulation has settled."""

    async def run() -> Any:
        result = await story(ApiClient(simulation))
        await simulation.carrier.settle()
        return result

    return asyncio.run(run())


def simulate_outbound(**more: Any) -> Simulation:
    """A simulation in which the app places calls."""
    answers: dict[str, ScriptedAnswer] = {
        "/outbound": f"<Dial action='/dialled'>{CALLER}</Dial>",
        "/dialled": "<Hangup/>",
        "/placed": OK,
    }
    return simulate(answers, **more)


def simulate_recording() -> Simulation:
    """A simulation in which conversations are recorded on two channels."""
    how = "record='record-from-answer-dual' recordingStatusCallback='/recorded'"
    dial = f"<Dial action='/dialled' {how}>{AGENT}</Dial>"
    return simulate({"/voice": dial, "/dialled": "<Hangup/>", "/recorded": OK})
