"""Between processes: ids only, never a person's data. What a bus loses, the table still has."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import psycopg

if TYPE_CHECKING:
    from redis.asyncio import Redis

CHANNEL = "callcrm_live"
ROOM = 10_000
BATCH = 300  # ids a message: NOTIFY refuses 8000 bytes
LULL = 0.01  # seconds between two messages: what comes meanwhile goes in one
QUIET = 10.0  # seconds of silence after which a connection must show that it lives

Hear = Callable[[Iterable[int]], None]


class Bus(Protocol):
    """Carries ids to the other processes. `listen` and `talk` end or raise when the connection is lost."""

    def send(self, ids: Sequence[int]) -> None:
        """Have these told to the others, soon; never waits."""

    async def listen(self, hear: Hear) -> None:
        """Hand over what the others tell, as long as the connection lives."""

    async def talk(self) -> None:
        """Tell the others what was sent, as long as the connection lives."""


class LocalBus:
    """For a process that is alone."""

    def send(self, ids: Sequence[int]) -> None:
        """There is nobody to tell."""

    async def listen(self, hear: Hear) -> None:
        """There is nobody to hear."""
        await asyncio.Event().wait()

    async def talk(self) -> None:
        """There is nobody to tell."""
        await asyncio.Event().wait()


class Outbox:
    """Ids to be told, in batches. Past its room they are dropped: whoever misses them looks them up."""

    def __init__(self) -> None:
        self._ids: asyncio.Queue[int] = asyncio.Queue(ROOM)

    def put(self, ids: Sequence[int]) -> None:
        """Queue these as far as there is room."""
        for one in ids[: ROOM - self._ids.qsize()]:
            self._ids.put_nowait(one)

    async def batch(self) -> str:
        """The next ids as they go over the wire."""
        ids = [await self._ids.get()]
        while len(ids) < BATCH and not self._ids.empty():
            ids.append(self._ids.get_nowait())
        return ",".join(map(str, ids))


class PostgresBus:
    """LISTEN and NOTIFY, each on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._outbox = Outbox()

    def send(self, ids: Sequence[int]) -> None:
        """Have these told to the others, soon."""
        self._outbox.put(ids)

    async def listen(self, hear: Hear) -> None:
        """Hand over what the others tell, as long as the connection lives."""
        async with await self._connect() as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            while True:
                async for told in connection.notifies(timeout=QUIET):
                    hear(numbers(told.payload))
                await connection.execute("SELECT 1")

    async def talk(self) -> None:
        """Tell the others what was sent, as long as the connection lives."""
        async with await self._connect() as connection:
            while True:
                await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, await self._outbox.batch()))
                await asyncio.sleep(LULL)

    async def _connect(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        return await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5)


class RedisBus:
    """Publish and subscribe at Redis or Valkey."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._outbox = Outbox()

    def send(self, ids: Sequence[int]) -> None:
        """Have these told to the others, soon."""
        self._outbox.put(ids)

    async def listen(self, hear: Hear) -> None:
        """Hand over what the others tell, as long as the connection lives."""
        async with self._connect() as redis, redis.pubsub() as channel:
            await channel.subscribe(CHANNEL)
            # Not get_message(timeout=…): cancelled, it returns as if the time were up.
            messages = channel.listen()
            while True:
                async with asyncio.timeout(2 * QUIET):
                    told = await anext(messages)
                if told["type"] == "message":
                    hear(numbers(told["data"]))

    async def talk(self) -> None:
        """Tell the others what was sent, or nothing but that the channel works."""
        async with self._connect() as redis:
            while True:
                try:
                    async with asyncio.timeout(QUIET):
                        batch = await self._outbox.batch()
                except TimeoutError:
                    batch = ""
                await redis.publish(CHANNEL, batch)
                await asyncio.sleep(LULL)

    def _connect(self) -> "Redis":
        from redis.asyncio import Redis  # only those who use it wait for its import

        return Redis.from_url(self._url, decode_responses=True, socket_connect_timeout=5)


def numbers(payload: str) -> list[int]:
    """The ids in a message; what is no id is left out, since anybody may write to a channel."""
    return [int(one) for one in payload.split(",") if one.isascii() and one.isdecimal() and len(one) < 19]


def open_bus(database_url: str, redis_url: str | None) -> Bus:
    """The bus that suits these settings."""
    if redis_url:
        return RedisBus(redis_url)
    return PostgresBus(database_url) if database_url.startswith("postgresql") else LocalBus()
