"""Many screens and the carrier, in a process of their own: what the pops took to arrive.

Reads its order as JSON from stdin and writes what it saw as JSON to stdout; `streams.py` starts it.
"""

import asyncio
import json
import re
import sys
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from callcrm.calls.ingest.call_rows import call_id
from tests.bench.load import Connection, Result
from tests.posts import completed, inbound, wire

VOICE = "/webhooks/twilio/voice"
MENU = "/webhooks/twilio/at/node/main/main?language=en&step=2"
STATUS = "/webhooks/twilio/status"
OFFERED = re.compile(rb"event: call\.offered\ndata: (call_\w+)\n\n")
LONGEST = 120  # bytes of an event of ours
PRESSES_AFTER, ENDS_AFTER = 0.5, 2.0  # seconds after the call came in, and after the key


@dataclass
class Order:
    """What is to be done: screens with these cookies watch while so many calls a second come in."""

    port: int
    url: str
    cookies: list[str]
    calls: float
    seconds: float


@dataclass
class Seen:
    """What came of it, in milliseconds."""

    connected: int = 0
    pops: list[float] = field(default_factory=list)
    missed: int = 0
    webhooks: list[float] = field(default_factory=list)
    failures: int = 0
    boards: int = 0


class Screen(asyncio.Protocol):
    """One stream: notes when a call was offered on it."""

    def __init__(self, arrived: dict[str, float], seen: Seen, request: bytes) -> None:
        self._arrived, self._seen, self._request = arrived, seen, request
        self._rest = b""
        self._there = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note what came, and when."""
        now = time.perf_counter()
        text = self._rest + data
        if not self._there and b"event: hello" in text:
            self._there = True
            self._seen.connected += 1
        self._seen.boards += data.count(b"event: waiting")
        for found in OFFERED.finditer(text):
            self._arrived.setdefault(found[1].decode(), now)
        self._rest = text[-LONGEST:]


async def _call(order: Order, number: int, idle: "asyncio.Queue[Connection]", result: Result) -> float:
    """One call from its first webhook to its last; when its caller pressed the key."""
    sid, caller = f"CA{number:032d}", f"+1202555{number % 10000:04d}"

    async def ask(path: str, fields: dict[str, str]) -> float:
        began = time.perf_counter()
        connection = await idle.get()
        await connection.ask(wire(order.url, path, fields), result, began)
        idle.put_nowait(connection)
        return began

    await ask(VOICE, inbound(sid, caller))
    await asyncio.sleep(PRESSES_AFTER)
    pressed = await ask(MENU, inbound(sid, caller, Digits="1", CallStatus="in-progress"))
    await asyncio.sleep(ENDS_AFTER)
    await ask(STATUS, completed(sid, 3, From=caller, Caller=caller))
    return pressed


def _same(screen: Screen) -> Screen:
    return screen


async def _watch(order: Order, arrived: dict[str, float], seen: Seen) -> list[asyncio.BaseTransport]:
    loop = asyncio.get_running_loop()
    streams: list[asyncio.BaseTransport] = []
    for place, cookie in enumerate(order.cookies):
        head = f"GET /desk/events HTTP/1.1\r\nHost: 127.0.0.1:{order.port}\r\nCookie: {cookie}\r\n\r\n"
        screen = Screen(arrived, seen, head.encode())
        transport, _ = await loop.create_connection(partial(_same, screen), "127.0.0.1", order.port)
        streams.append(transport)
        if place % 20 == 19:
            await asyncio.sleep(0.05)
    until = loop.time() + 20
    while seen.connected < len(order.cookies) and loop.time() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    return streams


async def run(order: Order) -> Seen:
    """All screens watch while calls come in at a steady rate."""
    seen, arrived, result = Seen(), dict[str, float](), Result()
    streams = await _watch(order, arrived, seen)
    await asyncio.sleep(2)
    idle: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(24):
        idle.put_nowait(Connection(order.port))
    began, count = time.perf_counter(), int(order.calls * order.seconds)
    async with asyncio.TaskGroup() as group:
        calls = []
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / order.calls - time.perf_counter()))
            calls.append(group.create_task(_call(order, number, idle, result)))
    for number, call in enumerate(calls):
        came = arrived.get(call_id(f"CA{number:032d}"))
        if came is None:
            seen.missed += 1
        else:
            seen.pops.append((came - call.result()) * 1000)
    seen.webhooks, seen.failures = result.latencies, result.failures
    for stream in streams:
        stream.close()
    return seen


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(run(Order(**json.load(sys.stdin)))))))
