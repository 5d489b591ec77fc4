"""The hub: what was committed, here or in another process, handed to the clients it concerns.

A client's queue is bounded and holds references to items that all clients share. Who is too slow is
let go; they come again with the id of the last item they got, and are told what they missed.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

from callcrm.base.clock import Clock, utc_now
from callcrm.base.errors import Unavailable
from callcrm.base.ids import new_id
from callcrm.live import event_log, presence
from callcrm.live.announce import Announcement
from callcrm.live.bus import Bus, LocalBus
from callcrm.live.feed import Feed
from callcrm.live.listener import Item, Listener
from callcrm.live.retry import steadily
from callcrm.live.seen_ids import SeenIds, parse
from callcrm.store.store import Store, StoreDown

PULSE = 15.0
CALM = 1.0  # seconds at least between two words of who is watching
SLICE = 25  # clients shown something before others get a turn: webhooks do not wait for a thousand screens

Observer = Callable[[Announcement], None]


class Hub:
    """Who listens to this process. Made before the store, whose `on_commit` is `committed`."""

    def __init__(self, bus: Bus | None = None, clock: Clock = utc_now) -> None:
        self._feed = Feed(bus or LocalBus(), self._deliver)
        self._clock = clock
        self._process = new_id("proc")
        self._by_user: defaultdict[str, set[Listener]] = defaultdict(set)
        self._supervisors: set[Listener] = set()
        self._listeners: set[Listener] = set()
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._store: Store | None = None
        self._observers: list[Observer] = []
        self.dropped = 0  # streams ended because their client was too slow

    @property
    def listening(self) -> int:
        """How many streams are open here."""
        return len(self._listeners)

    def users(self) -> frozenset[str]:
        """Whose streams are open here."""
        return frozenset(self._by_user)

    def sessions(self) -> dict[str, bool]:
        """What the right of the streams open here hangs on, and whether they hear what supervisors hear."""
        return {one.session: one.supervisor for one in self._listeners if one.session}

    def topics(self) -> frozenset[str]:
        """What the streams open here are shown."""
        return frozenset(one.topic for one in self._listeners if one.topic)

    def streams(self, user_id: str) -> int:
        """How many streams this user has open here."""
        return len(self._by_user.get(user_id, ()))

    def observe(self, tell: Observer) -> None:
        """Have this called with every announcement, here or elsewhere."""
        self._observers.append(tell)

    @property
    def mark(self) -> str | None:
        """What a client that comes now, and is cut off before its first item, gives back to miss nothing."""
        return self._feed.mark

    def committed(self, news: Sequence[object]) -> None:
        """What a store hands over after a commit, from any thread."""
        mine = [one for one in news if isinstance(one, Announcement)]
        if mine and self._loop is not None:
            with suppress(RuntimeError):  # the loop has closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._feed.announced, mine)

    async def subscribe(
        self,
        user_id: str | None,
        *,
        supervisor: bool,
        after: str | None = None,
        pulse: float = PULSE,
        session: str = "",
        topic: str = "",
    ) -> AsyncGenerator[Item | None, None]:
        """What concerns this client from now on, and before that what it missed since the item `after`.

        None comes first, when from now on nothing is missed, and again after every `pulse` seconds of
        silence. It ends when the client is too slow, its `session` is ended or the hub closes. Close it
        (`contextlib.aclosing`).
        """
        known = parse(after) or SeenIds()
        listener = Listener(user_id, supervisor=supervisor, known=known, session=session, topic=topic)
        self._admit(listener)
        try:
            yield None
            if parse(after):
                async for item in self._missed(listener):
                    yield item
            while not listener.done:
                news = await listener.next(pulse)
                if news.text or news.row not in listener.known if news else not listener.over:
                    yield news
        finally:
            self._dismiss(listener)

    async def since(
        self, user_id: str | None, *, supervisor: bool, after: str | None
    ) -> tuple[list[Item], str | None]:
        """What concerns this client since the item `after`, and what to give back the next time.

        For those who can have no stream; Unavailable if it can't be told now.
        """
        known = parse(after)
        if known is None or self._store is None:
            return [], self.mark
        listener = Listener(user_id, supervisor=supervisor, known=known)
        items = [item async for item in self._missed(listener)]
        if listener.over:
            raise Unavailable("What is new can't be told now.")
        return items, listener.known.text() if listener.known.top else self.mark

    async def show(self, topic: str, kind: str, text: str) -> None:
        """Show this to all who are shown the topic, a few at a time."""
        item = Item("", 0, kind, topic, text)
        for place, listener in enumerate([one for one in self._listeners if one.topic == topic], 1):
            listener.show(item)
            if place % SLICE == 0:
                await asyncio.sleep(0.002)

    def end(self, sessions: Collection[str]) -> None:
        """End the streams whose right hung on these."""
        for listener in self._listeners:
            if listener.session in sessions:
                listener.end()

    def close(self) -> None:
        """End every stream and admit none: a server that stops can't wait for its clients to leave."""
        self._loop = None
        for listener in self._listeners:
            listener.end()

    @asynccontextmanager
    async def running(self, store: Store) -> AsyncIterator[None]:
        """At work on this store; at the end every stream ends."""
        self._loop, self._store = asyncio.get_running_loop(), store
        with suppress(Unavailable):  # the feed looks again
            await self._feed.look(store)
        work = [
            asyncio.create_task(one)
            for one in (self._feed.run(store), steadily(partial(self._beat, store), CALM))
        ]
        try:
            yield
        finally:
            self.close()
            for one in work:
                one.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await self._gone(store)

    def _admit(self, listener: Listener) -> None:
        if self._loop is None:
            raise Unavailable("Live events are not to be had now.")
        self._listeners.add(listener)
        if listener.supervisor:
            self._supervisors.add(listener)
        if listener.user_id:
            self._by_user[listener.user_id].add(listener)
            self._changed.set()

    def _dismiss(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        self._supervisors.discard(listener)
        mine = self._by_user.get(listener.user_id or "", set())
        mine.discard(listener)
        if not mine and self._by_user.pop(listener.user_id or "", None) is not None:
            self._changed.set()

    def _deliver(self, one: Announcement, mark: str) -> None:
        item = Item(mark, one.id, one.kind, one.subject)
        for observer in self._observers:
            observer(one)
        concerned = set(self._supervisors) if one.supervisors else set()
        for user in one.to:
            concerned |= self._by_user.get(user, set())
        for listener in concerned:
            if not listener.offer(item):
                self.dropped += 1
                self._dismiss(listener)

    async def _missed(self, listener: Listener) -> AsyncIterator[Item]:
        """What the table has for this client beyond what it knows; `known` grows with it."""
        assert self._store is not None
        known, settled, last = listener.known, self._feed.settled, listener.known.floor
        try:
            if known.top > await self._store.read(event_log.newest):
                listener.known = SeenIds()  # its id is of another store
                return
            full = True
            while full and not listener.over:
                page = await self._store.read(partial(event_log.after, last=last))
                full = len(page) == event_log.PAGE
                for one in page:
                    last = one.id
                    fresh = known.see(one.id)
                    known.lift(min(one.id, settled))
                    if fresh and listener.concerned_by(one):
                        yield Item(known.text(), one.id, one.kind, one.subject)
        except StoreDown:
            listener.end()

    async def _beat(self, store: Store) -> None:
        """Say who is watching when that changes, and every few seconds as long as anybody is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(presence.BEAT.total_seconds() if self._by_user else None):
                await self._changed.wait()
        self._changed.clear()
        await store.write(
            partial(presence.beat, process=self._process, users=self.users(), now=self._clock())
        )

    async def _gone(self, store: Store) -> None:
        with suppress(Unavailable):
            await store.write(partial(presence.beat, process=self._process, users=(), now=self._clock()))
