"""Threads as a dependency, like time: code that needs one is passed a `Threads`.

Nothing else starts a thread. Work reaches a thread through a queue and is served item by item, so that tests
can serve the same code on the event loop, in one thread and in a repeatable order.
"""

import asyncio
import concurrent.futures
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
Item = TypeVar("Item")
LOWEST_PRIORITY = 19


def _nothing() -> None:
    pass


class WorkQueue(Generic[Item]):
    """A queue of items; once closed, it still serves the items put in before."""

    def __init__(self, *, consumers: int = 1) -> None:
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        self._consumers = consumers
        self.closed = False
        # For workers that have no thread to wait in: called whenever there is something new.
        self.notify: Callable[[], None] = _nothing

    def __len__(self) -> int:
        return self._queue.qsize()

    def put(self, item: Item) -> None:
        """Queues an item."""
        self._queue.put(item)
        self.notify()

    def get(self) -> Item | None:
        """Waits for the next item; None, once for each consumer, when the queue is closed and empty."""
        return self._queue.get()

    def get_nowait(self) -> Item | None:
        """The next item, if there is one."""
        try:
            item = self._queue.get_nowait()
        except Empty:
            return None
        if item is None:
            self._queue.put(None)  # the end of the queue, which `get` must still see
        return item

    def close(self) -> None:
        """Takes no more items; each consumer gets None after the remaining ones."""
        if not self.closed:
            self.closed = True
            for _ in range(self._consumers):
                self._queue.put(None)
            self.notify()


class Worker(Protocol):
    """A thread, or its stand-in, that serves a queue."""

    def join(self, timeout: float | None) -> None:
        """Waits until it has ended, at most so many seconds."""


class Threads(Protocol):
    """Starts threads, for work that would block an event loop."""

    def start(
        self,
        name: str,
        queue: WorkQueue[Item],
        serve: Callable[[Item], None],
        end: Callable[[], None] = _nothing,
    ) -> Worker:
        """A worker that serves items until the queue is closed and empty, then calls `end`."""

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """The result of the work, which runs outside the event loop."""

    async def run_aside(self, work: Callable[..., T], *args: Any) -> T:
        """The same for work that takes long and is in no hurry: it slows nothing else, and nobody who ends
        the process waits for it.
        """

    def wait(self, future: concurrent.futures.Future[Any], seconds: float) -> bool:
        """Blocks until the future is done, at most so many seconds; whether it is."""

    def join(self, workers: Iterable[Worker], seconds: float | None) -> None:
        """Waits until the workers have ended, at most so many seconds for all together."""


def _serve_aside(future: concurrent.futures.Future[T], work: Callable[..., T], args: Iterable[Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if sys.platform == "linux":  # elsewhere threads have no priority of their own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)
    try:
        future.set_result(work(*args))
    except BaseException as error:
        future.set_exception(error)


class SystemThreads:
    """The machine's threads."""

    def start(
        self,
        name: str,
        queue: WorkQueue[Item],
        serve: Callable[[Item], None],
        end: Callable[[], None] = _nothing,
    ) -> Worker:
        """A daemon thread of this name."""

        def work() -> None:
            while (item := queue.get()) is not None:
                serve(item)
            end()

        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """The result of the work, run in the event loop's thread pool."""
        return await asyncio.to_thread(work, *args)

    async def run_aside(self, work: Callable[..., T], *args: Any) -> T:
        """The result of the work, run in a daemon thread of its own that every other comes before."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        threading.Thread(target=_serve_aside, args=(future, work, args), name="aside", daemon=True).start()
        return await asyncio.wrap_future(future)

    def wait(self, future: concurrent.futures.Future[Any], seconds: float) -> bool:
        """Blocks until the future is done, at most so many seconds; whether it is."""
        return bool(concurrent.futures.wait([future], seconds).done)

    def join(self, workers: Iterable[Worker], seconds: float | None) -> None:
        """Waits until the workers have ended, at most so many seconds for all together."""
        until = None if seconds is None else time.monotonic() + seconds
        for worker in workers:
            worker.join(None if until is None else max(0.0, until - time.monotonic()))
