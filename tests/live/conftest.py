"""What tests of live events share: hubs at work, and clients that read what they are sent."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager

import pytest

from callcrm.live.announce import announce
from callcrm.live.bus import Bus
from callcrm.live.hub import Hub
from callcrm.live.kinds import LiveKind
from callcrm.live.listener import Item
from callcrm.store.store import Store
from tests.clocks import CLOCK, THREADS


class LiveProcess:
    """One process: a store, and a hub its commits are published by."""

    def __init__(self, store: Store, hub: Hub) -> None:
        self.store = store
        self.hub = hub

    async def announce(
        self, subject: str, *, to: tuple[str, ...] = ("mia",), supervisors: bool = False
    ) -> None:
        """Something happens, durably: an offer, or what supervisors get as well."""
        kind = LiveKind.CALL_UPDATED if supervisors else LiveKind.CALL_OFFERED
        await self.store.write(lambda session: announce(session, kind, subject, to=to))

    @asynccontextmanager
    async def client(
        self,
        user: str | None = "mia",
        *,
        supervisor: bool = False,
        after: str | None = None,
        keepalive: float = 5,
    ) -> AsyncIterator["Client"]:
        """A client that is connected."""
        stream = self.hub.subscribe(user, supervisor=supervisor, after=after, keepalive=keepalive)
        async with aclosing(stream):
            assert await anext(stream) is None
            yield Client(stream)


class Client:
    """Reads a stream as it is asked to."""

    def __init__(self, stream: AsyncIterator[Item | None]) -> None:
        self.stream = stream
        self.last: str | None = None

    async def take(self, count: int) -> list[str]:
        """The subjects of the next items."""
        return [item.subject for item in [await self.item() for _ in range(count)]]

    async def item(self) -> Item:
        """The next item; silence is a failure."""
        item = await anext(self.stream)
        assert item is not None, "nothing came"
        self.last = item.id
        return item

    async def silent(self) -> bool:
        """Whether nothing comes for `keepalive` seconds."""
        return await anext(self.stream) is None


Opener = Callable[..., AbstractAsyncContextManager[LiveProcess]]


@pytest.fixture
def anyio_backend() -> str:
    """Live events run on asyncio alone."""
    return "asyncio"


@pytest.fixture
def app(database_url: str) -> Opener:
    """`async with app() as here:` a process at work on the test's database; there may be several."""

    @asynccontextmanager
    async def opened(bus: Bus | None = None) -> AsyncIterator[LiveProcess]:
        hub = Hub(CLOCK, bus)
        store = Store(database_url, CLOCK, THREADS, on_commit=hub.on_commit)
        try:
            async with hub.running(store):
                yield LiveProcess(store, hub)
        finally:
            store.close()

    return opened
