"""The API at work in an event loop of the test's own, with a call from a shared number."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import Session
from starlette.applications import Starlette

from callcrm import api
from callcrm.calls import pops
from callcrm.live.announce import announce
from callcrm.live.hub import Hub
from callcrm.live.kinds import LiveKind
from callcrm.store.store import Store
from tests.api.support.office import NOON, Parts, add, call, customer, staff
from tests.api.support.stream import Stream, streaming
from tests.clocks import CLOCK, THREADS, SetClock


@dataclass
class Live:
    """The API at work in an event loop of the test's own."""

    app: Starlette
    parts: Parts
    secrets: dict[str, str]
    open: AsyncExitStack
    clock: SetClock

    async def stream(self, who: str, **headers: str) -> Stream:
        """A stream of one of our people, open until the test ends."""
        return await self.open.enter_async_context(streaming(self.app, self.secrets[who], **headers))

    async def do(self, verb: Callable[[Session], object]) -> None:
        """Do something that screens may hear of."""
        await self.parts.store.write(verb)


Story = Callable[[Live], Awaitable[None]]
Play = Callable[[Story], None]


@pytest.fixture
def play(database_url: str, clock: SetClock, tmp_path: Path) -> Iterator[Play]:
    """Plays a story with the API at work and a call from a shared number."""
    hub = Hub(clock)
    store = Store(database_url, CLOCK, THREADS, on_commit=hub.on_commit)
    parts = Parts(store, clock, tmp_path, hub)
    app = Starlette(routes=api.routes)
    app.state.services = parts
    secrets = store.write_now(staff)
    rows = [*customer("rosa", "+12025550123"), *customer("paul", "+12025550123"), call("one")]
    store.write_now(partial(add, rows))

    async def run(story: Story) -> None:
        async with asyncio.timeout(30), hub.running(store), AsyncExitStack() as opened:
            await story(Live(app, parts, secrets, opened, clock))
        assert hub.stream_count == 0

    yield lambda story: asyncio.run(run(story))
    store.close()


def offered(session: Session) -> None:
    pops.create_pop(session, "call_one", "ana", NOON)


def updated(session: Session) -> None:
    announce(session, LiveKind.CALL_UPDATED, "call_one", to=["ana"])
