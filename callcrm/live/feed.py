"""The feed: every announcement once, whether made here, told by a bus, or known to the table alone."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice

from callcrm.live import event_log
from callcrm.live.announce import Announcement
from callcrm.live.bus import Bus
from callcrm.live.retry import steadily
from callcrm.live.seen_ids import MOST_RANGES, SeenIds
from callcrm.store.store import Store

LOOK = 2.0  # seconds between looks for what nobody told of: a bus may be down, a commit late
OVERLAP = 1000  # ids below the newest at start whose commit may still be on its way

Deliver = Callable[[Announcement, str], None]


class Feed:
    """Lives on the event loop. `deliver` gets each announcement with the id that a client goes on from."""

    def __init__(self, bus: Bus, deliver: Deliver) -> None:
        self._bus = bus
        self._deliver = deliver
        self._marks: SeenIds | None = None
        self._heard: set[int] = set()
        self._poke = asyncio.Event()

    @property
    def settled(self) -> int:
        """Every id up to here has been delivered, or will never come."""
        return self._marks.floor if self._marks else 0

    @property
    def mark(self) -> str | None:
        """The id of everything delivered up to now, to go on from; None before the table has been seen."""
        return self._marks.text() if self._marks else None

    def announced(self, news: Iterable[Announcement]) -> None:
        """This process made these: they go to our clients and to the other processes."""
        self._bus.send([one.id for one in news if self._take(one)])

    def heard(self, ids: Iterable[int]) -> None:
        """Another process made these."""
        self._heard.update(one for one in ids if self._marks is None or one not in self._marks)
        if self._heard:
            self._poke.set()

    async def run(self, store: Store) -> None:
        """Fetch what is heard of, and look for what is not, until cancelled."""
        async with asyncio.TaskGroup() as work:
            for one in (self._bus.talk, partial(self._bus.listen, self.heard), partial(self._fetch, store)):
                work.create_task(steadily(one))
            work.create_task(steadily(partial(self.look, store), pause=LOOK))

    async def look(self, store: Store) -> None:
        """Take what the table has and nobody told of."""
        if self._marks is None:
            self._marks = await self._begin(store)
        full = True
        while full:
            gaps = list(islice(self._marks.missing(), MOST_RANGES))
            page = await store.read(partial(event_log.unseen, gaps=gaps, top=self._marks.top))
            full = len(page) == event_log.PAGE
            for one in page:
                self._take(one)
        self._marks.settle(_now())

    async def _begin(self, store: Store) -> SeenIds:
        """What had been announced before this process came, but for what may still be on its way."""
        newest = await store.read(event_log.newest)
        marks = SeenIds(max(0, newest - OVERLAP))
        while page := await store.read(partial(event_log.between, low=marks.top, high=newest)):
            for one in page:
                marks.see(one.id, _now())
        return marks

    async def _fetch(self, store: Store) -> None:
        while True:
            await self._poke.wait()
            self._poke.clear()
            while self._heard:
                some = set(islice(self._heard, event_log.PAGE))
                for one in await store.read(partial(event_log.among, ids=some)):
                    self._take(one)
                self._heard -= some

    def _take(self, one: Announcement) -> bool:
        if self._marks is None:
            self._marks = SeenIds(one.id - 1)
        if not self._marks.see(one.id, _now()):
            return False
        self._deliver(one, self._marks.text())
        return True


def _now() -> float:
    return asyncio.get_running_loop().time()
