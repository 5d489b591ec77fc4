"""The runner: takes jobs that are due, as many at once as it has slots, and sees each to its end.

A job is done at least once: one whose process dies is taken by another when its lease is over, so that
handlers must be idempotent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlmodel import Session

from callcrm import metrics
from callcrm.base.clock import Clock
from callcrm.jobs import claims, duties
from callcrm.jobs.claims import Claimed
from callcrm.jobs.duties import LONG_LEASE, Duty
from callcrm.jobs.outcome import MOST_ATTEMPTS, Dead, Retry, back_off, described
from callcrm.store.store import Store

log = structlog.get_logger()

T = TypeVar("T")
Handler = Callable[[dict[str, Any]], Awaitable[None]]
HandedBack = Callable[[Session], bool]
POLL_SECONDS = 1.0
DONE_IS_KEPT = timedelta(days=7)
# A handler is stopped while the job is still its own.
TIMEOUT_SHARE = 0.8
SETTLE_TRIES = 5
STORE_DEADLINE = 10.0


class Runner:
    """Runs the handlers of each kind of job, and the duties, on a store."""

    def __init__(
        self, store: Store, handlers: Mapping[str, Handler], clock: Clock, *, slots: int = 8
    ) -> None:
        self._store = store
        self._handlers = dict(handlers)
        self._clock = clock
        self._slots = slots
        self._duties: dict[str, Duty] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._called = asyncio.Event()
        self._stopping = False
        self._down = False
        self.every(3600, "forget done jobs", self._forget)

    def every(self, seconds: float, name: str, do: Callable[[], Awaitable[None]]) -> None:
        """Has `do` called about every so many seconds, by one process at a time."""
        duty = Duty(name, seconds, do)
        self._duties[duty.kind] = duty

    def wake(self) -> None:
        """Looks for jobs now instead of at the next poll; may be called from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._called.set)

    async def run(self) -> None:
        """Runs what falls due until `stop`; outages of the store are waited out."""
        self._loop = asyncio.get_running_loop()
        installed = False
        while not self._stopping:
            self._called.clear()
            installed = installed or await self._write(self._install) is not None
            free = self._slots - len(self._running)
            if await self._start_due(free) < max(free, 1):
                await self._pause()

    async def run_due(self) -> int:
        """How many jobs were run: all that are due, and what they cause; the runner itself stays at rest."""
        await self._write(self._install)
        count = 0
        while started := await self._start_due(self._slots):
            count += started
            await asyncio.gather(*self._running)
        return count

    async def stop(self, grace: float = 10.0) -> None:
        """Takes no more jobs, waits for those in hand, and gives back what does not end within the grace."""
        self._stopping = True
        self.wake()
        if self._running:
            with suppress(TimeoutError):
                async with self._clock.timeout(grace):
                    await asyncio.wait(self._running)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with self._clock.timeout(POLL_SECONDS):
                await self._called.wait()

    async def _start_due(self, free: int) -> int:
        leases = dict.fromkeys(self._handlers, LONG_LEASE) | {d.kind: d.lease for d in self._duties.values()}
        if free <= 0:
            return 0
        found = await self._write(lambda session: claims.claim(session, leases, self._clock.now(), free))
        for claimed in found or ():
            task = asyncio.create_task(self._see_through(claimed, leases[claimed.kind] * TIMEOUT_SHARE))
            self._running.add(task)
            task.add_done_callback(self._ended)
        return len(found or ())

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._called.set()

    async def _see_through(self, claimed: Claimed, limit: float) -> None:
        try:
            handed_back = await self._attempt(claimed, limit)
        except asyncio.CancelledError:
            await self._write(self._later(claimed, 0, attempts=claimed.attempts - 1))
            raise
        await self._settle(handed_back)

    async def _attempt(self, claimed: Claimed, limit: float) -> HandedBack:
        """Does the work, and says what is to become of the job."""
        duty = self._duties.get(claimed.kind)
        if duty is None and claimed.attempts > MOST_ATTEMPTS:
            return self._never(claimed, Dead("its process died at every attempt"))
        try:
            async with self._clock.timeout(limit):
                await (duty.do() if duty else self._handlers[claimed.kind](claimed.payload))
        except Exception as error:
            if not isinstance(error, Retry):
                log.warning(
                    "a job failed", kind=claimed.kind, attempt=claimed.attempts, error=described(error)
                )
            return self._after(claimed, duty, error)
        if duty is not None:
            return self._later(claimed, duty.seconds, attempts=0)
        metrics.job_done(claimed.kind)
        return partial(claims.finish, claimed=claimed, now=self._clock.now())

    def _after(self, claimed: Claimed, duty: Duty | None, error: Exception) -> HandedBack:
        if duty is not None:
            return self._later(claimed, duty.seconds, attempts=0, error=error)
        if isinstance(error, Retry):
            return self._later(claimed, error.after, attempts=claimed.attempts - 1, error=error)
        if isinstance(error, Dead) or claimed.attempts >= MOST_ATTEMPTS:
            return self._never(claimed, error)
        return self._later(claimed, back_off(claimed.attempts), attempts=claimed.attempts, error=error)

    def _later(
        self, claimed: Claimed, seconds: float, *, attempts: int, error: Exception | None = None
    ) -> HandedBack:
        if error is not None:
            metrics.job_retried(claimed.kind)
        run_at = self._clock.now() + timedelta(seconds=seconds)
        why = described(error) if error else None
        return partial(claims.postpone, claimed=claimed, run_at=run_at, attempts=attempts, error=why)

    def _never(self, claimed: Claimed, error: Exception) -> HandedBack:
        metrics.job_dead(claimed.kind)
        log.error("a job was given up on", kind=claimed.kind, job=claimed.id, error=described(error))
        return partial(claims.give_up, claimed=claimed, now=self._clock.now(), error=described(error))

    async def _settle(self, handed_back: HandedBack) -> None:
        """Tells the store; where that can't be for long, the lease runs out and the job is done again."""
        for _ in range(SETTLE_TRIES):
            if await self._write(handed_back) is not None:
                return
            await self._clock.sleep(POLL_SECONDS)

    async def _write(self, verb: Callable[[Session], T]) -> T | None:
        """The verb's answer, or None while the store is away: nothing may end the runner."""
        try:
            answer = await self._store.write(verb, deadline=STORE_DEADLINE)
        except Exception as fault:
            if not self._down:
                log.warning("jobs wait for the store", fault=type(fault).__name__)
            self._down = True
            return None
        self._down = False
        return answer

    def _install(self, session: Session) -> bool:
        duties.install(session, self._duties.values(), self._clock.now())
        return True

    async def _forget(self) -> None:
        before = self._clock.now() - DONE_IS_KEPT
        await self._store.write(lambda session: claims.forget_done(session, before), deadline=STORE_DEADLINE)
