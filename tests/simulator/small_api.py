"""The REST API of a small world, and what is asked of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from starlette.responses import Response

from callcrm.simulator.parties.callers import HangUp, Script, Talk
from callcrm.simulator.rest.app import rest_app
from callcrm.simulator.rest.base import RestApi
from tests.simulator.small_app import ACCOUNT, AGENT, BASE, CALLER, OURS, TOKEN, Answer, World, build_world

OK = Response(status_code=204)
API = f"http://api.example/2010-04-01/Accounts/{ACCOUNT}"
ORDER = {
    "To": AGENT,
    "From": OURS,
    "Url": f"{BASE}/outbound",
    "StatusCallback": f"{BASE}/placed",
    "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
}


class Api:
    """The REST API of a world, and the world itself."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rest = RestApi(world.carrier)
        transport = httpx.ASGITransport(app=rest_app(self.rest))
        self.http = httpx.AsyncClient(transport=transport, auth=(ACCOUNT, TOKEN))

    async def post(self, path: str, **form: Any) -> httpx.Response:
        """Ask for a change."""
        return await self.http.post(f"{API}{path}", data=form)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """Ask."""
        return await self.http.get(f"{API}{path}", params=query)

    async def call(self, *steps: Any) -> None:
        """Somebody calls, and everything is told."""
        await self.world.carrier.call(CALLER, self.world.line, Script(steps, 60))
        await self.world.carrier.settle()

    async def taped(self) -> str:
        """Somebody calls and is recorded; the recording's SID."""
        await self.call(Talk(5), HangUp())
        return next(iter(self.world.carrier.state.recordings.by_sid))

    async def during(self, seconds: float, act: Callable[[str], Awaitable[Any]]) -> Any:
        """Somebody calls, and some seconds later something is done about their call."""
        carrier, clock = self.world.carrier, self.world.clock

        async def acts() -> Any:
            await clock.sleep(seconds)
            return await act(next(iter(carrier.state.legs)))

        acting = clock.spawn(acts())
        await carrier.call(CALLER, self.world.line, Script(patience=60))
        return await acting


def lived(world: World, story: Callable[[Api], Awaitable[Any]]) -> Any:
    """What a story tells, once everything in the world has settled."""

    async def live() -> Any:
        told = await story(Api(world))
        await world.carrier.settle()
        return told

    return asyncio.run(live())


def outbound(**more: Any) -> World:
    """A world where the app places calls."""
    answers: dict[str, Answer] = {
        "/outbound": f"<Dial action='/dialled'>{CALLER}</Dial>",
        "/dialled": "<Hangup/>",
        "/placed": OK,
    }
    return build_world(answers, **more)


def recorded() -> World:
    """A world where conversations are recorded on two channels."""
    how = "record='record-from-answer-dual' recordingStatusCallback='/taped'"
    dial = f"<Dial action='/dialled' {how}>{AGENT}</Dial>"
    return build_world({"/voice": dial, "/dialled": "<Hangup/>", "/taped": OK})
