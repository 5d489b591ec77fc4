"""Between processes: ids only, never a person's data. An id the bus loses is still in the table."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from callcrm.base.clock import Clock
from callcrm.lazy import psycopg, redis
from callcrm.store.postgres.engine import certificates

CHANNEL = "callcrm_live"
MAX_QUEUED = 10_000  # ids
BATCH_SIZE = 300  # ids a message: PostgreSQL refuses a NOTIFY payload of 8000 bytes
BATCH_PAUSE = 0.01  # seconds between two messages: ids that come meanwhile go in one
KEEPALIVE = 10.0  # seconds of silence after which a connection must show that it lives

OnIds = Callable[[Iterable[int]], None]


class Bus(Protocol):
    """Carries ids to the other processes. `listen` and `run_sender` end or raise when their connection is
    lost; whoever runs them calls them again.
    """

    def send(self, ids: Sequence[int]) -> None:
        """Queues ids for the other processes; never waits."""

    async def listen(self, on_ids: OnIds) -> None:
        """Calls `on_ids` with what other processes send, as long as the connection lives."""

    async def run_sender(self) -> None:
        """Sends the queued ids as long as the connection lives."""


class LocalBus:
    """For a single process: sends nothing and receives nothing."""

    def send(self, ids: Sequence[int]) -> None:
        """Nothing."""

    async def listen(self, on_ids: OnIds) -> None:
        """Waits for ever."""
        await asyncio.Event().wait()

    async def run_sender(self) -> None:
        """Waits for ever."""
        await asyncio.Event().wait()


class Outbox:
    """Ids to send, in batches. When it is full, ids are dropped: the other processes find them by polling."""

    def __init__(self) -> None:
        self._ids: asyncio.Queue[int] = asyncio.Queue(MAX_QUEUED)

    def put(self, ids: Sequence[int]) -> None:
        """Queues as many as there is room for."""
        for event_id in ids[: MAX_QUEUED - self._ids.qsize()]:
            self._ids.put_nowait(event_id)

    async def batch(self) -> str:
        """The next ids, comma-separated, as soon as there are some."""
        ids = [await self._ids.get()]
        while len(ids) < BATCH_SIZE and not self._ids.empty():
            ids.append(self._ids.get_nowait())
        return ",".join(map(str, ids))


class PostgresBus:
    """LISTEN and NOTIFY, each on a connection of its own: one that waits for notifications can't send."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._clock = clock
        self._url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._outbox = Outbox()

    def send(self, ids: Sequence[int]) -> None:
        """Queues ids for the other processes."""
        self._outbox.put(ids)

    async def listen(self, on_ids: OnIds) -> None:
        """Calls `on_ids` with what other processes send, as long as the connection lives."""
        async with await self._connect() as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            while True:
                async for notification in connection.notifies(timeout=KEEPALIVE):
                    on_ids(parse_ids(notification.payload))
                # A connection that died without a word looks like one that is silent until it is used.
                await connection.execute("SELECT 1")

    async def run_sender(self) -> None:
        """Sends the queued ids as long as the connection lives."""
        async with await self._connect() as connection:
            while True:
                await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, await self._outbox.batch()))
                await self._clock.sleep(BATCH_PAUSE)

    async def _connect(self) -> "psycopg.AsyncConnection[tuple[object, ...]]":
        # In autocommit: a NOTIFY is delivered when its transaction commits.
        return await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=5, **certificates(self._url)
        )


class RedisBus:
    """Publish and subscribe at Redis or Valkey."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._clock = clock
        self._url = url
        self._outbox = Outbox()

    def send(self, ids: Sequence[int]) -> None:
        """Queues ids for the other processes."""
        self._outbox.put(ids)

    async def listen(self, on_ids: OnIds) -> None:
        """Calls `on_ids` with what other processes send, as long as the connection lives."""
        async with self._connect() as redis, redis.pubsub() as channel:
            await channel.subscribe(CHANNEL)
            # Not get_message(timeout=…): cancelled, it returns as if the time were up.
            messages = channel.listen()
            while True:
                async with self._clock.timeout(2 * KEEPALIVE):
                    message = await anext(messages)
                if message["type"] == "message":
                    on_ids(parse_ids(message["data"]))

    async def run_sender(self) -> None:
        """Sends the queued ids, or an empty message that shows the listeners that the channel works."""
        async with self._connect() as redis:
            while True:
                try:
                    async with self._clock.timeout(KEEPALIVE):
                        batch = await self._outbox.batch()
                except TimeoutError:
                    batch = ""
                await redis.publish(CHANNEL, batch)
                await self._clock.sleep(BATCH_PAUSE)

    def _connect(self) -> "redis.asyncio.Redis":
        return redis.asyncio.Redis.from_url(self._url, decode_responses=True, socket_connect_timeout=5)


def parse_ids(payload: str) -> list[int]:
    """The ids in a message; anything else in it is left out, since anybody may write to a channel."""
    return [
        int(part) for part in payload.split(",") if part.isascii() and part.isdecimal() and len(part) < 19
    ]


def open_bus(database_url: str, redis_url: str | None, clock: Clock) -> Bus:
    """Redis where it is configured, else PostgreSQL's NOTIFY, else (on SQLite) a bus to nobody."""
    if redis_url:
        return RedisBus(redis_url, clock)
    return PostgresBus(database_url, clock) if database_url.startswith("postgresql") else LocalBus()
