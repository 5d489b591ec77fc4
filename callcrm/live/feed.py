"""The feed: every announcement once, whether made here, heard of on the bus, or found in the table alone."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice

from callcrm.base.clock import Clock
from callcrm.live import event_log
from callcrm.live.announce import Announcement
from callcrm.live.bus import Bus
from callcrm.live.retry import run_forever
from callcrm.live.seen_ids import MAX_RANGES, SeenIds
from callcrm.store.store import Store

POLL_SECONDS = 2.0  # between looks into the table: the bus may be down, or a commit late
START_OVERLAP = 1000  # ids below the newest at start whose commit may still be on its way

Deliver = Callable[[Announcement, str], None]


class Feed:
    """Runs on the event loop. `deliver` gets each announcement with the Last-Event-ID that includes it."""

    def __init__(self, bus: Bus, deliver: Deliver, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._deliver = deliver
        self._seen: SeenIds | None = None
        self._to_fetch: set[int] = set()
        self._wakeup = asyncio.Event()

    @property
    def floor(self) -> int:
        """Every id up to here has been delivered, or will never come."""
        return self._seen.floor if self._seen else 0

    @property
    def last_event_id(self) -> str | None:
        """What a client gives back to get what comes from now on; None before the table has been read."""
        return self._seen.encode() if self._seen else None

    def publish(self, announcements: Iterable[Announcement]) -> None:
        """Delivers what this process committed, and sends the ids to the other processes."""
        self._bus.send([announcement.id for announcement in announcements if self._accept(announcement)])

    def receive(self, ids: Iterable[int]) -> None:
        """Has announcements of other processes fetched from the table."""
        self._to_fetch.update(id_ for id_ in ids if self._seen is None or id_ not in self._seen)
        if self._to_fetch:
            self._wakeup.set()

    async def run(self, store: Store) -> None:
        """Sends, receives, fetches and polls until cancelled."""
        async with asyncio.TaskGroup() as group:
            for work in (
                self._bus.run_sender,
                partial(self._bus.listen, self.receive),
                partial(self._fetch, store),
            ):
                group.create_task(run_forever(work, self._clock))
            group.create_task(run_forever(partial(self.poll, store), self._clock, pause=POLL_SECONDS))

    async def poll(self, store: Store) -> None:
        """Delivers what is in the table and has not been seen; StoreDown if it can't be read."""
        if self._seen is None:
            self._seen = await self._already_announced(store)
        full = True
        while full:
            gaps = list(islice(self._seen.gaps(), MAX_RANGES))
            page = await store.read(partial(event_log.missing, gaps=gaps, top=self._seen.top))
            full = len(page) == event_log.PAGE_SIZE
            for announcement in page:
                self._accept(announcement)
        self._seen.close_old_gaps(self._clock.monotonic())

    async def _already_announced(self, store: Store) -> SeenIds:
        """The ids in the table when this process starts; gaps are those whose commit may be under way."""
        newest = await store.read(event_log.newest_id)
        seen = SeenIds(max(0, newest - START_OVERLAP))
        while page := await store.read(partial(event_log.between, low=seen.top, high=newest)):
            for announcement in page:
                seen.add(announcement.id, self._clock.monotonic())
        return seen

    async def _fetch(self, store: Store) -> None:
        while True:
            await self._wakeup.wait()
            self._wakeup.clear()
            while self._to_fetch:
                ids = set(islice(self._to_fetch, event_log.PAGE_SIZE))
                for announcement in await store.read(partial(event_log.by_ids, ids=ids)):
                    self._accept(announcement)
                # Also what was not in the table: if its commit is late, `poll` will find it.
                self._to_fetch -= ids

    def _accept(self, announcement: Announcement) -> bool:
        """Delivers the announcement; False if it was delivered before."""
        if self._seen is None:
            self._seen = SeenIds(announcement.id - 1)
        if not self._seen.add(announcement.id, self._clock.monotonic()):
            return False
        self._deliver(announcement, self._seen.encode())
        return True
