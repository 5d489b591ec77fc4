"""A verb in a queue: who waits for it, until when, and how its result gets back to their thread or loop.

What a waiter is answered is what the store keeps. So a verb's work is *sealed* before its COMMIT, unless its
waiter has given up by then: whoever is first decides for both.
"""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

import structlog
from sqlmodel import Session

from callcrm.base.threads import WorkQueue
from callcrm.store.errors import StoreDown, StoreLate, StoreUndecided

log = structlog.get_logger()

AnyFuture = asyncio.Future[Any] | concurrent.futures.Future[Any]
OnCommit = Callable[[list[object]], None]


@dataclass(slots=True, eq=False)
class Waiter:
    """Whoever waits for a result: a coroutine on `loop`, or a thread where `loop` is None."""

    future: AnyFuture
    loop: asyncio.AbstractEventLoop | None


class Phase(Enum):
    """How far a verb has come, as its waiter and its worker agree on."""

    OPEN = "open"  # nobody has decided
    GIVEN_UP = "given_up"  # its waiter was told that it leaves nothing
    SEALED = "sealed"  # it is being committed
    TAKEN = "taken"  # so it is, and its waiter has left with its value


@dataclass(slots=True, eq=False)
class Task(Waiter):
    """A verb and who waits for it, until `deadline` on the store's monotonic clock.

    `settle`: once the verb is being committed its waiter stays to the end of that, or for a minute.
    """

    verb: Callable[[Session], Any]
    deadline: float
    lock: str | None = None
    settle: bool = True
    value: Any = None
    _phase: Phase = Phase.OPEN
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    def abandoned(self, now: float) -> bool:
        """Whether nobody waits any more: the deadline has passed, or the waiter was cancelled."""
        return self.future.done() or now >= self.deadline

    def seal(self, value: object) -> bool:
        """For the worker, before COMMIT: whether the verb may be committed; else it must leave nothing."""
        with self._mutex:
            if self._phase is Phase.GIVEN_UP:
                return False
            self._phase, self.value = Phase.SEALED, value
            return True

    def unseal(self) -> bool:
        """For the worker, after a COMMIT that failed: True if the verb may be run again, False if its waiter
        has left with the value.
        """
        with self._mutex:
            if self._phase is Phase.TAKEN:
                return False
            self._phase = Phase.OPEN
            return True

    def expire(self) -> StoreDown | None:
        """For the waiter, at the deadline: the error to leave with; None if they are to stay."""
        with self._mutex:
            return None if self._phase is Phase.SEALED and self.settle else self._leave()

    def leave(self) -> StoreDown:
        """For the waiter, whose patience with a commit has ended: the error to leave with."""
        with self._mutex:
            return self._leave()

    def _leave(self) -> StoreDown:
        if self._phase in (Phase.OPEN, Phase.GIVEN_UP):
            self._phase = Phase.GIVEN_UP
            return StoreLate("The store took too long.")
        self._phase = Phase.TAKEN
        return StoreUndecided(self.value)


@dataclass(slots=True, eq=False)
class TaskResult:
    """A value or an error for a waiter; `events` are published once the value is durable."""

    waiter: Waiter
    value: Any = None
    error: BaseException | None = None
    events: Sequence[object] = ()


def failed_result(waiter: Waiter, error: BaseException) -> TaskResult:
    """The result of a verb that raised."""
    if isinstance(error, StopIteration) or not isinstance(error, Exception):
        # A future refuses StopIteration, and SystemExit set on one would end the event loop that awaits it.
        error = RuntimeError(f"The verb raised {type(error).__name__}.")
    return TaskResult(waiter, error=error)


def late_result(task: Task) -> TaskResult:
    """The result of a verb whose deadline passed before it had begun, or was ready."""
    return TaskResult(task, error=StoreLate("The store was too busy to be ready in time."))


def deliver(results: Iterable[TaskResult]) -> None:
    """Sets the results on their futures, with one wake-up per event loop; cancelled futures are skipped."""
    by_loop: dict[asyncio.AbstractEventLoop | None, list[TaskResult]] = {}
    for result in results:
        by_loop.setdefault(result.waiter.loop, []).append(result)
    for loop, batch in by_loop.items():
        if loop is None:
            _set_results(batch)
            continue
        try:
            # An asyncio future may be touched by its loop's thread alone.
            loop.call_soon_threadsafe(_set_results, batch)
        except RuntimeError:
            log.debug("an event loop closed before its result came")


def _set_results(results: list[TaskResult]) -> None:
    for result in results:
        future = result.waiter.future
        if future.done():
            continue
        if result.error is None:
            future.set_result(result.value)
        else:
            future.set_exception(result.error)


def publish(on_commit: OnCommit | None, results: Iterable[TaskResult]) -> None:
    """Hands the events of committed verbs to `on_commit`, whose errors are logged and undo nothing."""
    events = [event for result in results for event in result.events]
    if on_commit is None or not events:
        return
    try:
        on_commit(events)
    except Exception as error:
        log.error("publishing after commit failed", error=type(error).__name__)


class TakesTasks(Protocol):
    """A queue of tasks, or several."""

    def put(self, task: Task, /) -> None:
        """Queues the task; StoreDown where the queue is full or closed."""


class TaskQueue(WorkQueue[Task]):
    """A bounded queue of tasks."""

    def __init__(self, *, consumers: int, limit: int = 1000) -> None:
        super().__init__(consumers=consumers)
        self._limit = limit

    def put(self, item: Task) -> None:
        """Queues the task; StoreDown where the queue is full or closed."""
        if self.closed:
            raise StoreDown("The store is closed.")
        if len(self) >= self._limit:
            raise StoreDown("The store has too many waiting already.")
        super().put(item)
