"""Time for simulated parties: real, or virtual time that passes only while all of them rest.

A *party* is a task that the clock started (`spawn`) or that holds it (`hold`). A party that awaits
anything but its clock, an HTTP answer above all, holds virtual time still.
"""

import asyncio
import heapq
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")


class Signal:
    """Something to wait for: rung once or often, it stays rung until it is cleared."""

    def __init__(self) -> None:
        self.rung = False
        self.waiters: list[Waiter] = []

    def ring(self) -> None:
        """Wake whoever waits."""
        self.rung = True
        for waiter in self.waiters:
            waiter.wake(True)

    def clear(self) -> None:
        """Make the next wait wait."""
        self.rung = False


class Waiter:
    """One party at rest."""

    def __init__(self, clock: "Clock", party: bool) -> None:
        self.future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._clock = clock
        self._party = party

    def wake(self, rung: bool) -> None:
        """End the rest, by a bell or by the passing of time."""
        if not self.future.done():
            self._clock.stirs(self._party)
            self.future.set_result(rung)


def _rung_at_end(task: asyncio.Task[Any]) -> Signal:
    bell = Signal()
    task.add_done_callback(lambda _: bell.ring())
    return bell


class Clock:
    """Real time, and the base of virtual time: what the parties of a simulation live by."""

    def __init__(self) -> None:
        self.crashes: list[BaseException] = []
        self._parties: set[asyncio.Task[Any]] = set()
        self._holders: set[asyncio.Task[Any]] = set()

    def now(self) -> datetime:
        """The present moment of the simulation, in UTC."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Seconds on a scale that never jumps back, for deadlines."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Rest for so long."""
        await self.wait(seconds=seconds)

    async def wait(self, *bells: Signal, seconds: float | None = None) -> bool:
        """Rest until a bell is rung (true) or the seconds are over (false)."""
        if any(bell.rung for bell in bells):
            return True
        waiter = Waiter(self, self._is_party())
        for bell in bells:
            bell.waiters.append(waiter)
        self._rests(waiter, seconds, waiter._party)
        try:
            return await waiter.future
        except asyncio.CancelledError:
            if waiter.future.cancelled():
                self.stirs(waiter._party)
            raise
        finally:
            for bell in bells:
                bell.waiters.remove(waiter)

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a party; what it raises is kept in `crashes`."""
        self.stirs(True)
        task = asyncio.get_running_loop().create_task(work)
        self._parties.add(task)
        task.add_done_callback(self._gone)
        return task

    async def join(self, *tasks: asyncio.Task[T]) -> list[T]:
        """Rest until these parties are done; their results."""
        for task in tasks:
            if not task.done():
                await self.wait(_rung_at_end(task))
        return [task.result() for task in tasks]

    async def settle(self) -> None:
        """Wait, from outside, until no party is left; raises what a party has raised."""
        while self._parties:
            await asyncio.wait(self._parties)
            await asyncio.sleep(0)
        if self.crashes:
            raise self.crashes.pop(0)

    async def stop(self) -> None:
        """End every party where it stands, from outside."""
        for task in self._parties:
            task.cancel()
        if self._parties:
            await asyncio.wait(self._parties)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Make the current task a party for a while, such as one that answers a REST request."""
        task = asyncio.current_task()
        if task is None or self._is_party():
            yield
            return
        self._holders.add(task)
        self.stirs(True)
        try:
            yield
        finally:
            self._holders.discard(task)
            self.settles()

    def stirs(self, party: bool) -> None:
        """A party is awake."""

    def settles(self) -> None:
        """A party has gone to rest, or for good."""

    def _rests(self, waiter: Waiter, seconds: float | None, party: bool) -> None:
        if seconds is not None:
            asyncio.get_running_loop().call_later(max(0.0, seconds), waiter.wake, False)

    def _is_party(self) -> bool:
        task = asyncio.current_task()
        return task in self._parties or task in self._holders

    def _gone(self, task: asyncio.Task[Any]) -> None:
        self._parties.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.crashes.append(task.exception() or RuntimeError("a party failed"))
        self.settles()


class VirtualClock(Clock):
    """Time that jumps to the next thing due as soon as every party rests: the same run, every run."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self._start = start
        self._elapsed = 0.0
        self._awake = 0
        self._turns = 0
        self._due: list[tuple[float, int, Waiter]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def elapsed(self) -> float:
        return self._elapsed

    def stirs(self, party: bool) -> None:
        self._awake += party

    def settles(self) -> None:
        self._awake -= 1
        self._look()

    def _rests(self, waiter: Waiter, seconds: float | None, party: bool) -> None:
        if seconds is not None:
            self._turns += 1
            heapq.heappush(self._due, (self._elapsed + max(0.0, seconds), self._turns, waiter))
        self._awake -= party
        self._look()

    def _look(self) -> None:
        if not self._awake:
            # A task that was just cancelled is awake again only after its turn of the loop.
            asyncio.get_running_loop().call_soon(self._advance)

    def _advance(self) -> None:
        while self._due and self._due[0][2].future.done():
            heapq.heappop(self._due)
        if self._awake or not self._due:
            return
        self._elapsed, _, waiter = heapq.heappop(self._due)
        waiter.wake(False)
        self._look()  # whoever is no party does not hold time still
