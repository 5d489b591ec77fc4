"""The simulation's time: real, or virtual time that passes only while every clock task waits.

A *clock task* is an asyncio task that the clock started (`spawn`) or that holds it (`hold`). A clock task
that awaits anything but its clock, an HTTP response above all, holds virtual time still.
"""

import asyncio
import heapq
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")


class Signal:
    """An `asyncio.Event` for clock tasks: once set it stays set until it is cleared."""

    def __init__(self) -> None:
        self.waiters: list[Waiter] = []
        self._set = False

    def is_set(self) -> bool:
        """Whether a wait for it returns at once."""
        return self._set

    def set(self) -> None:
        """Wake every task that waits for it."""
        self._set = True
        for waiter in self.waiters:
            waiter.wake(True)

    def clear(self) -> None:
        """Let the next wait block again."""
        self._set = False


class Waiter:
    """One wait of one task; `on_clock` says whether it is a clock task."""

    def __init__(self, clock: "Clock", on_clock: bool) -> None:
        self.future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.on_clock = on_clock
        self._clock = clock

    def wake(self, signalled: bool) -> None:
        """End the wait: true for a signal, false for a timeout. Later calls do nothing."""
        if not self.future.done():
            # Counted as running from here, not from its next turn of the loop: time must not jump in between.
            self._clock.task_woke(self.on_clock)
            self.future.set_result(signalled)


def _done_signal(task: asyncio.Task[Any]) -> Signal:
    signal = Signal()
    task.add_done_callback(lambda _: signal.set())
    return signal


class Clock:
    """Real time, and the base of virtual time."""

    def __init__(self) -> None:
        self.failures: list[BaseException] = []
        self._spawned: set[asyncio.Task[Any]] = set()
        self._holding: set[asyncio.Task[Any]] = set()

    def now(self) -> datetime:
        """The simulation's present moment, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds on a scale that never jumps back, for deadlines."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        await self.wait(seconds=seconds)

    async def wait(self, *signals: Signal, seconds: float | None = None) -> bool:
        """Wait for one of the signals (true), or until the seconds are over (false)."""
        if any(signal.is_set() for signal in signals):
            return True
        waiter = Waiter(self, self._on_clock())
        for signal in signals:
            signal.waiters.append(waiter)
        self._schedule(waiter, seconds)
        try:
            return await waiter.future
        except asyncio.CancelledError:
            if waiter.future.cancelled():  # nobody woke it: the cancelled task still runs its `finally`
                self.task_woke(waiter.on_clock)
            raise
        finally:
            for signal in signals:
                signal.waiters.remove(waiter)

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a clock task; what it raises is kept in `failures`."""
        self.task_woke(True)
        task = asyncio.get_running_loop().create_task(work)
        self._spawned.add(task)
        task.add_done_callback(self._task_done)
        return task

    async def join(self, *tasks: asyncio.Task[T]) -> list[T]:
        """The results of these clock tasks, once all are done; raises what one of them raised."""
        for task in tasks:
            if not task.done():
                await self.wait(_done_signal(task))
        return [task.result() for task in tasks]

    async def settle(self) -> None:
        """From outside: wait until no spawned task is left; raises the first failure of one."""
        while self._spawned:
            await asyncio.wait(self._spawned)
            await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)

    async def stop(self) -> None:
        """From outside: cancel every spawned task and wait for the end of it."""
        for task in self._spawned:
            task.cancel()
        if self._spawned:
            await asyncio.wait(self._spawned)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Make the current task a clock task for the block, such as one that serves a REST request."""
        task = asyncio.current_task()
        if task is None or self._on_clock():
            yield
            return
        self._holding.add(task)
        self.task_woke(True)
        try:
            yield
        finally:
            self._holding.discard(task)
            self.task_rested()

    def task_woke(self, on_clock: bool) -> None:
        """A task runs again; counts if it is a clock task."""

    def task_rested(self) -> None:
        """A clock task has ended, or no longer holds the clock."""

    def _schedule(self, waiter: Waiter, seconds: float | None) -> None:
        """The waiter's task waits from now on, for so many seconds at most."""
        if seconds is not None:
            asyncio.get_running_loop().call_later(max(0.0, seconds), waiter.wake, False)

    def _on_clock(self) -> bool:
        task = asyncio.current_task()
        return task in self._spawned or task in self._holding

    def _task_done(self, task: asyncio.Task[Any]) -> None:
        self._spawned.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.failures.append(task.exception() or RuntimeError("a clock task failed"))
        self.task_rested()


class VirtualClock(Clock):
    """Time that jumps to the next timer as soon as every clock task waits: the same run, every run."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self._start = start
        self._seconds = 0.0
        self._running = 0  # clock tasks that do not wait
        self._timer_count = 0
        self._timers: list[tuple[float, int, Waiter]] = []  # a heap; the count keeps equal times in order

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    def task_woke(self, on_clock: bool) -> None:
        self._running += on_clock

    def task_rested(self) -> None:
        self._running -= 1
        self._advance_soon()

    def _schedule(self, waiter: Waiter, seconds: float | None) -> None:
        if seconds is not None:
            self._timer_count += 1
            heapq.heappush(self._timers, (self._seconds + max(0.0, seconds), self._timer_count, waiter))
        self._running -= waiter.on_clock
        self._advance_soon()

    def _advance_soon(self) -> None:
        if not self._running:
            # A task that was just cancelled is counted as running again only after its turn of the loop.
            asyncio.get_running_loop().call_soon(self._advance)

    def _advance(self) -> None:
        while self._timers and self._timers[0][2].future.done():
            heapq.heappop(self._timers)
        if self._running or not self._timers:
            return
        self._seconds, _, waiter = heapq.heappop(self._timers)
        waiter.wake(False)
        self._advance_soon()  # a task that is no clock task does not hold time still
