"""A small load generator: prebuilt requests over kept-alive connections, latencies in milliseconds."""

import asyncio
import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass
class Result:
    """What one run measured; latencies in milliseconds."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    @classmethod
    def joined(cls, results: Iterable["Result"], seconds: float) -> "Result":
        """Several results of the same time as one."""
        whole = cls(seconds)
        for result in results:
            whole.latencies += result.latencies
            for status, count in result.statuses.items():
                whole.statuses[status] = whole.statuses.get(status, 0) + count
        return whole

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        """The latency below which this share of answers stayed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    @property
    def failures(self) -> int:
        """Answers other than 200 and 204."""
        return sum(count for status, count in self.statuses.items() if status not in (200, 204))


class Connection:
    """One connection at a time, opened again where the server closes it after an answer."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, content: bytes, result: Result, began: float) -> bytes:
        """Send one request, whose latency counts from `began`; the body of the answer."""
        self._streams = self._streams or await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(content)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = _length(head)
        body = await reader.readexactly(length) if length else b""
        result.latencies.append((time.perf_counter() - began) * 1000)
        status = int(head[9:12])
        result.statuses[status] = result.statuses.get(status, 0) + 1
        if b"connection: close" in head:
            self.close()
        return body

    def close(self) -> None:
        """Let go of the connection."""
        if self._streams:
            self._streams[1].close()
        self._streams = None


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def _closed(port: int, requests: Iterator[bytes], until: float, result: Result) -> None:
    connection = Connection(port)
    while time.perf_counter() < until:
        await connection.request(next(requests), result, time.perf_counter())
    connection.close()


async def closed_loop(port: int, requests: list[bytes], *, concurrency: int, seconds: float) -> Result:
    """As many requests as `concurrency` connections get answered, one after the other, for `seconds`."""
    result, source, began = Result(), itertools.cycle(requests), time.perf_counter()
    await asyncio.gather(*(_closed(port, source, began + seconds, result) for _ in range(concurrency)))
    result.seconds = time.perf_counter() - began
    return result


async def _each(port: int, requests: Iterator[bytes], result: Result) -> None:
    connection = Connection(port)
    for request in requests:
        await connection.request(request, result, time.perf_counter())
    connection.close()


async def each_once(port: int, requests: list[bytes], *, concurrency: int) -> Result:
    """Every request once, one after the other on `concurrency` connections."""
    result, source, began = Result(), iter(requests), time.perf_counter()
    await asyncio.gather(*(_each(port, source, result) for _ in range(concurrency)))
    result.seconds = time.perf_counter() - began
    return result


async def paced(
    port: int, requests: list[bytes], *, rate: float, seconds: float, connections: int = 16
) -> Result:
    """Requests at a steady rate whatever the answers take; the time waiting for a connection counts."""
    result, idle = Result(), asyncio.Queue[Connection]()
    for _ in range(connections):
        idle.put_nowait(Connection(port))

    async def send(request: bytes) -> None:
        began = time.perf_counter()
        connection = await idle.get()
        await connection.request(request, result, began)
        idle.put_nowait(connection)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            group.create_task(send(requests[number % len(requests)]))
    result.seconds = time.perf_counter() - began
    while not idle.empty():
        idle.get_nowait().close()
    return result
