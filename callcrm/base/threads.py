"""Threads are an argument, as time is: whoever has work for one is handed those who do it.

Nobody else starts a thread. Work comes to a thread by a queue and is served item by item, so that the
same code can be served on the event loop itself, in one thread and in an order that can be repeated.
"""

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
Item = TypeVar("Item")


def _nothing() -> None:
    pass


class WorkQueue(Generic[Item]):
    """A queue of items for its consumers; closed, it still serves what was put in before."""

    def __init__(self, *, consumers: int = 1) -> None:
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        self._consumers = consumers
        self.closed = False
        # For workers that have no thread to wait in: called whenever there is something new.
        self.notify: Callable[[], None] = _nothing

    def __len__(self) -> int:
        return self._queue.qsize()

    def put(self, item: Item) -> None:
        """Queues the item."""
        self._queue.put(item)
        self.notify()

    def get(self) -> Item | None:
        """The next item, waited for; None, once to each consumer, when the queue is closed and empty."""
        return self._queue.get()

    def get_nowait(self) -> Item | None:
        """The next item if there is one by now."""
        try:
            item = self._queue.get_nowait()
        except Empty:
            return None
        if item is None:
            self._queue.put(None)  # the end of the queue, which `get` must still see
        return item

    def close(self) -> None:
        """Takes no more, and each consumer gets None after what is left."""
        if not self.closed:
            self.closed = True
            for _ in range(self._consumers):
                self._queue.put(None)
            self.notify()


class Worker(Protocol):
    """Somebody who serves a queue."""

    def join(self, timeout: float | None) -> None:
        """Returns once it has ended, or after so many seconds."""


class Threads(Protocol):
    """Those who do what must not hold up an event loop."""

    def start(
        self,
        name: str,
        queue: WorkQueue[Item],
        serve: Callable[[Item], None],
        end: Callable[[], None] = _nothing,
    ) -> Worker:
        """A worker that serves item after item until the queue is closed and empty, then calls `end`."""

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """The answer of this work, done beside the event loop."""

    def wait(self, future: concurrent.futures.Future[Any], seconds: float) -> bool:
        """Whether the future was done within so long; the calling thread rests meanwhile."""

    def join(self, workers: Iterable[Worker], seconds: float | None) -> None:
        """Waits for workers to end, all of them together no longer than this."""


class SystemThreads:
    """The machine's own threads."""

    def start(
        self,
        name: str,
        queue: WorkQueue[Item],
        serve: Callable[[Item], None],
        end: Callable[[], None] = _nothing,
    ) -> Worker:
        """A thread of this name; it keeps no process alive."""

        def work() -> None:
            while (item := queue.get()) is not None:
                serve(item)
            end()

        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """The answer of this work, done in a thread of the event loop's pool."""
        return await asyncio.to_thread(work, *args)

    def wait(self, future: concurrent.futures.Future[Any], seconds: float) -> bool:
        """Whether the future was done within so long."""
        return bool(concurrent.futures.wait([future], seconds).done)

    def join(self, workers: Iterable[Worker], seconds: float | None) -> None:
        """Waits for workers to end, all of them together no longer than this."""
        until = None if seconds is None else time.monotonic() + seconds
        for worker in workers:
            worker.join(None if until is None else max(0.0, until - time.monotonic()))
