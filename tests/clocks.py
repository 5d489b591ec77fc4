"""Clocks for tests: one that passes over stalls of the machine, one set by hand, one moved only by a call.

Deadlines in tests are those of production. What could break them here is a machine at other work, which is
no fault of the app: so the time in which our own threads were ready to run and had no processor does not
count, nor does that in which the whole machine stood still.
"""

import asyncio
import heapq
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from callcrm.base.clock import Clock, SystemClock, Timer
from callcrm.base.threads import SystemThreads, Threads

TICK = 0.04
LEAST_OF_A_TICK = 0.05  # of its length: less than the share of a processor on a machine with twenty at work
MOST_OF_A_TICK = 0.1  # seconds a tick may count for, however long it took
TASKS = Path("/proc/self/task")


class _Waits:
    """How long the threads of this process have waited for a processor, as Linux counts it."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._waited: dict[str, int] = {}

    def since_last(self) -> float:
        """Seconds, of all threads but the one that asks, since it last did; 0 where nobody counts them."""
        with suppress(OSError):
            self._follow({task.name for task in TASKS.iterdir()} - {str(threading.get_native_id())})
        return sum(self._of(thread) for thread in list(self._files)) / 1e9

    def _follow(self, threads: set[str]) -> None:
        for gone in self._files.keys() - threads:
            os.close(self._files.pop(gone))
            del self._waited[gone]
        for new in threads - self._files.keys():
            with suppress(OSError):
                self._files[new] = os.open(TASKS / new / "schedstat", os.O_RDONLY | os.O_CLOEXEC)
                self._waited[new] = 0

    def _of(self, thread: str) -> int:
        try:
            waited = int(os.pread(self._files[thread], 100, 0).split()[1])
        except (OSError, IndexError):
            return 0
        before, self._waited[thread] = self._waited[thread], waited
        return waited - before


class _Ticker:
    """Seconds seen to pass, by a thread that looks every now and then."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def read(self) -> float:
        """Seconds since the first reading."""
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._tick, name="ticker", daemon=True)
                    self._thread.start()
        return self.seconds

    def _tick(self) -> None:
        waits = _Waits()
        waits.since_last()
        while True:
            began = time.monotonic()
            time.sleep(TICK)
            elapsed = time.monotonic() - began
            # Several threads may have waited at once, for one another: the clock slows down, and never stops.
            passed = max(elapsed - waits.since_last(), elapsed * LEAST_OF_A_TICK)
            self.seconds += min(passed, MOST_OF_A_TICK)


_ticker = _Ticker()


class _Alarm:
    """A call that comes when a clock that is not the event loop's says so."""

    def __init__(self, clock: "SteadyClock", seconds: float, callback: Callable[[], object]) -> None:
        self._clock, self._callback = clock, callback
        self._due = clock.monotonic() + seconds
        self._loop = asyncio.get_running_loop()
        self._handle = self._loop.call_later(seconds, self._look)
        clock.alarms.add(self)

    def cancel(self) -> None:
        """Has it not come."""
        self._handle.cancel()
        self._clock.alarms.discard(self)

    def look_soon(self) -> None:
        """The clock was moved, by whatever thread."""
        with suppress(RuntimeError):  # the loop has closed
            self._loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        if self not in self._clock.alarms:
            return
        self._handle.cancel()
        left = self._due - self._clock.monotonic()
        if left > 0:
            self._handle = self._loop.call_later(max(left, TICK / 4), self._look)
        else:
            self.cancel()
            self._callback()


class SteadyClock:
    """The date of the machine, or another's; seconds pass as on the machine, but not while it stalls."""

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        self._moment = now or SystemClock().now
        self._skipped = 0.0
        self.alarms: set[_Alarm] = set()

    def now(self) -> datetime:
        """The present moment."""
        return self._moment()

    def monotonic(self) -> float:
        """Seconds seen to pass."""
        return _ticker.read() + self._skipped

    def skip(self, seconds: float) -> None:
        """Has so many seconds passed: whoever waits for what lies within them wakes."""
        self._skipped += seconds
        for alarm in list(self.alarms):
            alarm.look_soon()

    def call_later(self, seconds: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Has the running event loop call this after so long."""
        return _Alarm(self, seconds, lambda: callback(*args))

    async def sleep(self, seconds: float) -> None:
        """Returns after so long."""
        over = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, _resolve, over)
        try:
            await over
        finally:
            timer.cancel()

    def timeout(self, seconds: float | None) -> AbstractAsyncContextManager[object]:
        """A block that TimeoutError ends after so long."""
        return asyncio.timeout(None) if seconds is None else self._timeout(seconds)

    @asynccontextmanager
    async def _timeout(self, seconds: float) -> AsyncIterator[object]:
        async with asyncio.timeout(None) as scope:
            over = self.call_later(seconds, lambda: scope.reschedule(asyncio.get_running_loop().time()))
            try:
                yield scope
            finally:
                over.cancel()

    def block(self, seconds: float) -> None:
        """Returns after so long, by this clock: so nothing slow is quicker than a deadline it is to miss."""
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            time.sleep(max(left, TICK / 4))


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def skipping(clock: SteadyClock, seconds: float, come: Callable[[], bool]) -> None:
    """Skips so many seconds, and as many again where somebody was not waiting yet, until this has come."""
    for _ in range(10):
        clock.skip(seconds)
        for _ in range(300):
            if come():
                return
            await asyncio.sleep(0.01)
    raise AssertionError("it has not come")


class StillClock(SteadyClock):
    """The date of the machine; seconds pass by `skip` alone."""

    def monotonic(self) -> float:
        """Seconds skipped."""
        return self._skipped

    def block(self, seconds: float) -> None:
        """Returns after so long, on the machine's own time."""
        time.sleep(seconds)


class SetClock(SteadyClock):
    """A date that stands still until it is set; its seconds pass all the same."""

    def __init__(self, now: datetime) -> None:
        super().__init__(lambda: self._now)
        self._now = now

    def advance(self, seconds: float) -> datetime:
        """Moves on, and says what time it is then."""
        return self.set(self._now + timedelta(seconds=seconds))

    def set(self, moment: datetime | str) -> datetime:
        """Jumps to a moment, or to one given as `2026-01-05 18:00`, in UTC."""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        self._now = moment
        return moment


class ManualClock(SteadyClock):
    """Date and seconds both move only by `advance`: a deadline passes when the test says so."""

    def __init__(self, now: datetime) -> None:
        super().__init__(lambda: now + timedelta(seconds=self._seconds))
        self._seconds = 0.0
        self._numbers = count()
        self._due: list[tuple[float, int, _Call]] = []

    def monotonic(self) -> float:
        """How far it has been moved."""
        return self._seconds

    def call_later(self, seconds: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Has this called by the `advance` that reaches the moment."""
        call = _Call(lambda: callback(*args))
        heapq.heappush(self._due, (self._seconds + seconds, next(self._numbers), call))
        return call

    async def advance(self, seconds: float) -> None:
        """Moves on, from one due call to the next; in between whoever was woken does what there is to do."""
        until = self._seconds + seconds
        await settled()
        while self._due and self._due[0][0] <= until:
            self._seconds, _, call = heapq.heappop(self._due)
            call.make()
            await settled()
        self._seconds = until
        await settled()

    def block(self, seconds: float) -> None:
        """Moves on: in one thread nobody else could."""
        self._seconds += seconds


class _Call:
    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        """Has it not come."""
        self._callback = None

    def make(self) -> None:
        """Calls, unless it was cancelled."""
        if self._callback is not None:
            self._callback()


async def settled(turns: int = 200) -> None:
    """Returns once everybody on the event loop has had their turns, if all are served on it."""
    for _ in range(turns):
        await asyncio.sleep(0)


CLOCK: Clock = SteadyClock()
THREADS: Threads = SystemThreads()
