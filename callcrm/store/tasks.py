"""A verb on its way: who waits for it, until when, and how the answer gets back to them."""

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import structlog
from sqlmodel import Session

from callcrm.store.errors import StoreDown, StoreLate

log = structlog.get_logger()

AnyFuture = asyncio.Future[Any] | concurrent.futures.Future[Any]
OnCommit = Callable[[list[object]], None]


@dataclass(slots=True, eq=False)
class Waiter:
    """Somebody who waits for an answer; `loop` is None where that is a thread."""

    future: AnyFuture
    loop: asyncio.AbstractEventLoop | None


@dataclass(slots=True, eq=False)
class Task(Waiter):
    """A verb and who waits for it, until `due`."""

    verb: Callable[[Session], Any]
    due: float
    lock: str | None = None

    def abandoned(self) -> bool:
        """Whether nobody waits any more: past the deadline, or the waiter has gone."""
        return self.future.done() or time.monotonic() >= self.due

    def seconds_left(self) -> float:
        """How long somebody will still wait."""
        return self.due - time.monotonic()


@dataclass(slots=True, eq=False)
class Outcome:
    """What one who waits is told; `news` is published once it is durable."""

    waiter: Waiter
    value: Any = None
    error: BaseException | None = None
    news: Sequence[object] = ()


def failed(waiter: Waiter, error: BaseException) -> Outcome:
    """The outcome of what did not come to pass."""
    if isinstance(error, StopIteration) or not isinstance(error, Exception):
        # A future takes no StopIteration, and nothing a verb raises may end an event loop.
        error = RuntimeError(f"The verb raised {type(error).__name__}.")
    return Outcome(waiter, error=error)


def late(task: Task) -> Outcome:
    """The outcome of a task whose deadline passed before it began."""
    return Outcome(task, error=StoreLate("The store was too busy to begin in time."))


def settle(outcomes: Iterable[Outcome]) -> None:
    """Hands outcomes to those who wait, one wake-up per event loop; whoever has gone is passed over."""
    by_loop: dict[asyncio.AbstractEventLoop | None, list[Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome.waiter.loop, []).append(outcome)
    for loop, mine in by_loop.items():
        if loop is None:
            _resolve(mine)
            continue
        try:
            loop.call_soon_threadsafe(_resolve, mine)
        except RuntimeError:
            log.debug("an event loop closed before its answer came")


def _resolve(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        future = outcome.waiter.future
        if future.done():
            continue
        if outcome.error is None:
            future.set_result(outcome.value)
        else:
            future.set_exception(outcome.error)


def publish(on_commit: OnCommit | None, outcomes: Iterable[Outcome]) -> None:
    """Hands the news of what was committed to its audience, whose faults undo nothing."""
    news = [one for outcome in outcomes for one in outcome.news]
    if on_commit is None or not news:
        return
    try:
        on_commit(news)
    except Exception as error:
        log.error("publishing after commit failed", error=type(error).__name__)


def join(threads: Iterable[threading.Thread], patience: float = 10.0) -> None:
    """Waits for threads to end, but not for one that hangs: the process must be able to."""
    until = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))


class Inbox:
    """A bounded queue of tasks; once closed, what was put in before is still served."""

    def __init__(self, *, readers: int, limit: int = 1000) -> None:
        self._queue: SimpleQueue[Task | None] = SimpleQueue()
        self._readers = readers
        self._limit = limit
        self._closed = False

    def put(self, task: Task) -> None:
        """Queues the task; StoreDown where the queue is full or closed."""
        if self._closed:
            raise StoreDown("The store is closed.")
        if self._queue.qsize() >= self._limit:
            raise StoreDown("The store has too many waiting already.")
        self._queue.put(task)

    def take(self) -> Task | None:
        """The next task, waited for; None to one reader each, once closed and empty."""
        return self._queue.get()

    def more(self) -> Task | None:
        """The next task if one waits already."""
        try:
            task = self._queue.get_nowait()
        except Empty:
            return None
        if task is None:
            self._queue.put(None)
        return task

    def close(self) -> None:
        """Takes no more, and tells each reader to end after what is left."""
        if not self._closed:
            self._closed = True
            for _ in range(self._readers):
                self._queue.put(None)
