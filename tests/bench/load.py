"""A small load generator: prebuilt requests over kept-alive connections, latencies in milliseconds."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Result:
    """What one run saw."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

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


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    status, length = int(head[9:12]), 0
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            length = int(line[15:])
    if length:
        await reader.readexactly(length)
    return status


async def _one(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, result: Result
) -> None:
    began = time.perf_counter()
    writer.write(request)
    status = await _answer(reader)
    result.latencies.append((time.perf_counter() - began) * 1000)
    result.statuses[status] = result.statuses.get(status, 0) + 1


async def _closed(port: int, requests: Iterator[bytes], until: float, result: Result) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        await _one(reader, writer, next(requests), result)
    writer.close()


async def closed_loop(port: int, requests: list[bytes], *, concurrency: int, seconds: float) -> Result:
    """As many requests as `concurrency` connections get answered, one after the other, for `seconds`."""
    result, source, began = Result(), itertools.cycle(requests), time.perf_counter()
    await asyncio.gather(*(_closed(port, source, began + seconds, result) for _ in range(concurrency)))
    result.seconds = time.perf_counter() - began
    return result


async def paced(
    port: int, requests: list[bytes], *, rate: float, seconds: float, connections: int = 16
) -> Result:
    """Requests at a steady rate whatever the answers take; the time waiting for a connection counts."""
    result, idle = Result(), asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]()
    for _ in range(connections):
        idle.put_nowait(await asyncio.open_connection("127.0.0.1", port))

    async def send(request: bytes) -> None:
        began = time.perf_counter()
        reader, writer = await idle.get()
        await _one(reader, writer, request, result)
        result.latencies[-1] = (time.perf_counter() - began) * 1000
        idle.put_nowait((reader, writer))

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            group.create_task(send(requests[number % len(requests)]))
    result.seconds = time.perf_counter() - began
    while not idle.empty():
        idle.get_nowait()[1].close()
    return result
