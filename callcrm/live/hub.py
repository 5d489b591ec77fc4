"""The hub: hands what was committed, here or in another process, to the streams it concerns.

A stream's queue is bounded and holds references to items that all streams share. The stream of a client that
is too slow ends; the client connects again with the Last-Event-ID it got and is sent what it missed.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import structlog

from callcrm import metrics
from callcrm.base.clock import Clock
from callcrm.base.errors import TooMany, Unavailable, fault_fields
from callcrm.base.ids import new_id
from callcrm.base.processes import connection_limit
from callcrm.live import event_log, presence
from callcrm.live.announce import Announcement
from callcrm.live.bus import Bus, LocalBus
from callcrm.live.feed import Feed
from callcrm.live.kinds import LiveKind
from callcrm.live.listener import Item, Listener
from callcrm.live.retry import run_forever
from callcrm.live.seen_ids import SeenIds, parse_seen_ids
from callcrm.store.store import Store, StoreDown

log = structlog.get_logger()
KEEPALIVE = 15.0  # seconds
PRESENCE_INTERVAL = 1.0  # seconds at least between two writes of who is present
YIELD_EVERY = 25  # streams shown a text before others get a turn: a webhook must not wait for all screens
SLICE_PAUSE = 0.002  # seconds for the others' turn

MAX_STREAMS_PER_OWNER = 50  # of one user, or one token of no user's, in this process
SHARE_OF_PLACES = 2  # at most one in so many connections is a stream

Observer = Callable[[Announcement], None]


class Hub:
    """The open streams of this process. Created before the store, whose `on_commit` is the hub's."""

    def __init__(self, clock: Clock, bus: Bus | None = None) -> None:
        self._feed = Feed(bus or LocalBus(), self._deliver, clock)
        self._clock = clock
        self._process = new_id("proc", clock.now())
        self._by_user: defaultdict[str, set[Listener]] = defaultdict(set)
        self._supervisors: set[Listener] = set()
        self._listeners: set[Listener] = set()
        self._by_owner: Counter[str] = Counter()
        self._users_changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._store: Store | None = None
        self._observers: list[Observer] = []
        self.max_streams = connection_limit() // SHARE_OF_PLACES
        self.dropped = 0  # streams ended because their client was too slow

    @property
    def stream_count(self) -> int:
        """How many streams are open in this process."""
        return len(self._listeners)

    def users(self) -> frozenset[str]:
        """The ids of users with a stream open in this process."""
        return frozenset(self._by_user)

    def sessions(self) -> dict[str, bool]:
        """The login sessions of the streams open in this process, and whether each is a supervisor's."""
        return {listener.session: listener.supervisor for listener in self._listeners if listener.session}

    def topics(self) -> frozenset[str]:
        """The topics of the streams open in this process."""
        return frozenset(topic for listener in self._listeners for topic in listener.topics)

    def streams(self, user_id: str) -> int:
        """How many streams this user has open in this process."""
        return len(self._by_user.get(user_id, ()))

    def check_room(self, owner: str) -> None:
        """TooMany if this user, or this token of no user's, has as many streams open as they may; Unavailable
        if this process has.
        """
        if self._by_owner[owner] >= MAX_STREAMS_PER_OWNER:
            raise TooMany("too many live streams are open: close one first")
        if self.stream_count >= self.max_streams:
            raise Unavailable("there is no room for another live stream now")

    def observe(self, observer: Observer) -> None:
        """Has `observer` called, on the event loop, with every announcement of any process."""
        self._observers.append(observer)

    @property
    def last_event_id(self) -> str | None:
        """What a client that connects now gives back if it is cut off before its first item."""
        return self._feed.last_event_id

    def on_commit(self, events: Sequence[object]) -> None:
        """Publishes the announcements among a store's events; may be called from any thread."""
        announcements = [event for event in events if isinstance(event, Announcement)]
        if announcements and self._loop is not None:
            with suppress(RuntimeError):  # the loop has closed: there are no streams any more
                self._loop.call_soon_threadsafe(self._feed.publish, announcements)

    async def subscribe(
        self,
        user_id: str | None,
        *,
        supervisor: bool,
        after: str | None = None,
        keepalive: float = KEEPALIVE,
        session: str = "",
        token: str = "",
        topics: Collection[str] = (),
    ) -> AsyncGenerator[Item | None, None]:
        """What concerns this client from now on, and before that what it missed since Last-Event-ID `after`.

        None comes first, when from now on nothing is missed, and again after every `keepalive` seconds of
        silence. It ends when the client is too slow, its `session` is ended, its `token` revoked or the hub
        closes. Close it (`contextlib.aclosing`). Unavailable when the hub is not running.
        """
        seen = parse_seen_ids(after) or SeenIds()
        listener = Listener(
            user_id, supervisor=supervisor, seen=seen, session=session, token=token, topics=topics
        )
        self._add(listener)  # before the table is read, so that nothing falls between the two
        try:
            yield None
            if parse_seen_ids(after):
                async for item in self._missed(listener):
                    yield item
            while not listener.drained:
                queued = await listener.next(keepalive, self._clock)
                if _is_new(queued, listener) if queued else not listener.ended:
                    yield queued
        finally:
            self._remove(listener)

    async def missed_since(
        self, user_id: str | None, *, supervisor: bool, after: str | None
    ) -> tuple[list[Item], str | None]:
        """What concerns this client since Last-Event-ID `after`, and the one to give back the next time.

        For clients that can have no stream; Unavailable if the table can't be read now.
        """
        seen = parse_seen_ids(after)
        if seen is None or self._store is None:
            return [], self.last_event_id
        listener = Listener(user_id, supervisor=supervisor, seen=seen)
        items = [item async for item in self._missed(listener)]
        if listener.ended:
            raise Unavailable("What is new can't be told now.")
        return items, listener.seen.encode() if listener.seen.top else self.last_event_id

    async def show(self, topic: str, kind: str, text: str) -> None:
        """Sends the text to all streams of the topic, a few at a time."""
        item = Item("", 0, kind, topic, text)
        listeners = [listener for listener in self._listeners if topic in listener.topics]
        for count, listener in enumerate(listeners, 1):
            listener.show(item)
            if count % YIELD_EVERY == 0:
                await self._clock.sleep(SLICE_PAUSE)

    def end_sessions(self, sessions: Collection[str]) -> None:
        """Ends the streams of these login sessions and tokens, by their ids."""
        for listener in self._listeners:
            if not {listener.session, listener.token}.isdisjoint(sessions):
                listener.end()

    def close(self) -> None:
        """Ends every stream and refuses new ones: a server that stops waits for its open responses."""
        self._loop = None
        for listener in self._listeners:
            listener.end()

    @asynccontextmanager
    async def running(self, store: Store) -> AsyncIterator[None]:
        """Publishes what is committed to this store as long as the block lasts, then ends every stream."""
        self._loop, self._store = asyncio.get_running_loop(), store
        try:
            await self._feed.poll(store)
        except Unavailable as fault:  # the feed polls again
            log.warning("live events wait for the store", **fault_fields(fault))
        report_presence = run_forever(partial(self._report_presence, store), self._clock, PRESENCE_INTERVAL)
        tasks = [asyncio.create_task(work) for work in (self._feed.run(store), report_presence)]
        try:
            yield
        finally:
            self.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._clear_presence(store)

    def _add(self, listener: Listener) -> None:
        if self._loop is None:
            raise Unavailable("Live events are not to be had now.")
        try:
            self.check_room(listener.owner)
        except TooMany as fault:
            raise Unavailable(fault.message) from None  # the response has begun: it ends
        self._listeners.add(listener)
        self._by_owner[listener.owner] += 1
        metrics.live_subscribers(self.stream_count)
        if listener.supervisor:
            self._supervisors.add(listener)
        if listener.user_id:
            self._by_user[listener.user_id].add(listener)
            self._users_changed.set()

    def _remove(self, listener: Listener) -> None:
        if listener not in self._listeners:
            return
        self._listeners.discard(listener)
        self._by_owner -= Counter([listener.owner])  # and those without any are left out
        metrics.live_subscribers(self.stream_count)
        self._supervisors.discard(listener)
        of_user = self._by_user.get(listener.user_id or "", set())
        of_user.discard(listener)
        if not of_user and self._by_user.pop(listener.user_id or "", None) is not None:
            self._users_changed.set()

    def _deliver(self, announcement: Announcement, last_event_id: str) -> None:
        if announcement.kind == LiveKind.SESSION_ENDED:
            self.end_sessions({announcement.subject})
        item = _item(announcement, last_event_id)
        for observer in self._observers:
            observer(announcement)
        concerned = set(self._supervisors) if announcement.supervisors else set()
        if announcement.everybody:
            concerned = set(self._listeners)
        for user in announcement.to:
            concerned |= self._by_user.get(user, set())
        if announcement.hidden_from:
            concerned -= self._by_user.get(announcement.hidden_from, set())
        for listener in concerned:
            if not listener.queue(item):
                self.dropped += 1
                self._remove(listener)

    async def _missed(self, listener: Listener) -> AsyncIterator[Item]:
        """What the table has for this client beyond what it has seen; `listener.seen` grows with it."""
        assert self._store is not None
        seen, feed_floor, last = listener.seen, self._feed.floor, listener.seen.floor
        try:
            if seen.top > await self._store.read(event_log.newest_id):
                listener.seen = SeenIds()  # its id is of another store
                return
            full = True
            while full and not listener.ended:
                page = await self._store.read(partial(event_log.after, last=last))
                full = len(page) == event_log.PAGE_SIZE
                for announcement in page:
                    last = announcement.id
                    new = seen.add(announcement.id)
                    # Not above the feed's floor: an id missing there may still be committed.
                    seen.raise_floor(min(announcement.id, feed_floor))
                    if new and listener.concerned_by(announcement):
                        yield _item(announcement, seen.encode())
        except StoreDown:
            listener.end()

    async def _report_presence(self, store: Store) -> None:
        """Writes who is present as soon as that changes, and at every heartbeat while anybody is."""
        with suppress(TimeoutError):
            async with self._clock.timeout(presence.HEARTBEAT.total_seconds() if self._by_user else None):
                await self._users_changed.wait()
        self._users_changed.clear()
        await store.write(
            partial(presence.heartbeat, process=self._process, users=self.users(), now=self._clock.now())
        )

    async def _clear_presence(self, store: Store) -> None:
        try:
            await store.write(
                partial(presence.heartbeat, process=self._process, users=(), now=self._clock.now())
            )
        except Unavailable as fault:  # who was here counts as gone once the heartbeat is old
            log.warning("who was here could not be signed off", **fault_fields(fault))


def _item(announcement: Announcement, last_event_id: str) -> Item:
    return Item(last_event_id, announcement.id, announcement.kind, announcement.subject)


def _is_new(item: Item, listener: Listener) -> bool:
    """Whether a queued item was not sent already from the table, which was read meanwhile."""
    return bool(item.text) or item.event_id not in listener.seen
