"""Many screens and the carrier, in a process of their own: how long pops take to arrive.

Reads its plan as JSON from stdin and writes its result as JSON to stdout; `streams.py` starts it.
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
from tests.posts import completed, inbound, request_bytes

VOICE = "/webhooks/twilio/voice"
MENU = "/webhooks/twilio/at/node/main/main?language=en&step=2"
STATUS = "/webhooks/twilio/status"
OFFERED = re.compile(rb"event: call\.offered\ndata: (call_\w+)\n\n")
MAX_EVENT_BYTES = 120  # of an event of ours: what may be cut between two reads
KEY_AFTER, END_AFTER = 0.5, 2.0  # seconds after the call came in, and after the key


@dataclass
class CrowdPlan:
    """Screens with these cookies watch while `calls` calls a second come in, for `seconds`."""

    port: int
    url: str
    cookies: list[str]
    calls: float
    seconds: float


@dataclass
class CrowdResult:
    """Screens connected, pops that arrived or were missed, and webhooks; times in milliseconds."""

    connected: int = 0
    pops: list[float] = field(default_factory=list)
    missed: int = 0
    webhooks: list[float] = field(default_factory=list)
    failures: int = 0
    boards: int = 0


class Screen(asyncio.Protocol):
    """One event stream: sets in `arrived` when each call was first offered on any screen."""

    def __init__(self, arrived: dict[str, float], result: CrowdResult, request: bytes) -> None:
        self._arrived, self._result, self._request = arrived, result, request
        self._unread = b""
        self._connected = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Request the stream."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note which calls are offered, and when."""
        now = time.perf_counter()
        text = self._unread + data
        if not self._connected and b"event: hello" in text:
            self._connected = True
            self._result.connected += 1
        self._result.boards += data.count(b"event: waiting")
        for match in OFFERED.finditer(text):
            self._arrived.setdefault(match[1].decode(), now)
        self._unread = text[-MAX_EVENT_BYTES:]


async def _call(plan: CrowdPlan, number: int, idle: "asyncio.Queue[Connection]", webhooks: Result) -> float:
    """One call from its first webhook to its last; the time at which its caller pressed the key."""
    sid, caller = f"CA{number:032d}", f"+1202555{number % 10000:04d}"

    async def post(path: str, fields: dict[str, str]) -> float:
        began = time.perf_counter()
        connection = await idle.get()
        await connection.request(request_bytes(plan.url, path, fields), webhooks, began)
        idle.put_nowait(connection)
        return began

    await post(VOICE, inbound(sid, caller))
    await asyncio.sleep(KEY_AFTER)
    pressed = await post(MENU, inbound(sid, caller, Digits="1", CallStatus="in-progress"))
    await asyncio.sleep(END_AFTER)
    await post(STATUS, completed(sid, 3, From=caller, Caller=caller))
    return pressed


def _same(screen: Screen) -> Screen:
    return screen


async def _watch(
    plan: CrowdPlan, arrived: dict[str, float], result: CrowdResult
) -> list[asyncio.BaseTransport]:
    loop = asyncio.get_running_loop()
    streams: list[asyncio.BaseTransport] = []
    for index, cookie in enumerate(plan.cookies):
        head = f"GET /desk/events HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\nCookie: {cookie}\r\n\r\n"
        screen = Screen(arrived, result, head.encode())
        transport, _ = await loop.create_connection(partial(_same, screen), "127.0.0.1", plan.port)
        streams.append(transport)
        if index % 20 == 19:
            await asyncio.sleep(0.05)
    until = loop.time() + 20
    # Counted in protocols, which set no event.
    while result.connected < len(plan.cookies) and loop.time() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    return streams


async def run(plan: CrowdPlan) -> CrowdResult:
    """All screens watch while calls come in at a steady rate."""
    result, arrived, webhooks = CrowdResult(), dict[str, float](), Result()
    streams = await _watch(plan, arrived, result)
    await asyncio.sleep(2)
    idle: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(24):
        idle.put_nowait(Connection(plan.port))
    began, count = time.perf_counter(), int(plan.calls * plan.seconds)
    async with asyncio.TaskGroup() as group:
        calls = []
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / plan.calls - time.perf_counter()))
            calls.append(group.create_task(_call(plan, number, idle, webhooks)))
    for number, call in enumerate(calls):
        arrived_at = arrived.get(call_id(f"CA{number:032d}"))
        if arrived_at is None:
            result.missed += 1
        else:
            result.pops.append((arrived_at - call.result()) * 1000)
    result.webhooks, result.failures = webhooks.latencies, webhooks.failures
    for stream in streams:
        stream.close()
    return result


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(run(CrowdPlan(**json.load(sys.stdin)))))))
