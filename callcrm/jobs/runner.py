"""The runner: claims due jobs, as many as it has slots, and runs their handlers.

A job is run at least once: when its process dies, another claims it as soon as the lease is over. Handlers
must therefore be idempotent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from math import inf
from types import MappingProxyType
from typing import Any, TypeVar

import structlog
from sqlmodel import Session

from callcrm import metrics
from callcrm.base.clock import Clock
from callcrm.base.errors import fault_fields
from callcrm.jobs import claims, periodic
from callcrm.jobs.claims import ClaimedJob
from callcrm.jobs.periodic import LONG_LEASE, PeriodicJob
from callcrm.jobs.retry import MAX_ATTEMPTS, GiveUp, Retry, backoff, describe_error, error_fields
from callcrm.models.delete_some import SOME
from callcrm.store.errors import is_outage
from callcrm.store.store import Store

log = structlog.get_logger()

T = TypeVar("T")
Handler = Callable[[dict[str, Any]], Awaitable[None]]
RowUpdate = Callable[[Session], bool]  # a verb of `claims` that ends an attempt
POLL_SECONDS = 1.0
DONE_RETENTION = timedelta(days=7)
TIMEOUT_SHARE = 0.8  # of the lease: a handler is cancelled while the job is still its own
UPDATE_TRIES = 5
STORE_DEADLINE = 10.0
FREQUENT = 30.0  # seconds between two runs
PUT_BACK = 60.0  # seconds; a clock that is slewed takes longer
SLOTS = 8
NO_LEASES: Mapping[str, float] = MappingProxyType({})
RESERVED_SLOTS = 2  # for jobs that ask nobody outside: what an ended call causes waits for no download


class Runner:
    """Runs the handlers of each kind of job, and the periodic jobs, of a store."""

    def __init__(
        self,
        store: Store,
        handlers: Mapping[str, Handler],
        clock: Clock,
        *,
        slow: Collection[str] = (),
        slots: int = SLOTS,
        leases: Mapping[str, float] = NO_LEASES,
        attempted: Callable[[int], None] = lambda _job: None,
    ) -> None:
        """`slow` are the kinds that wait for other machines; they leave RESERVED_SLOTS to all others.
        `leases` has by kind the seconds of those that are not held for LONG_LEASE.
        """
        self._store = store
        self._handlers = dict(handlers)
        self._clock = clock
        self._slow = frozenset(slow)
        self._slots = slots
        self._leases = dict(leases)
        self._attempted = attempted
        self._periodic: dict[str, PeriodicJob] = {}
        self._alone = store.dialect == "sqlite"
        self._local: dict[PeriodicJob, datetime] = {}  # and when each is due
        # By task, the kind of its job; the event loop itself keeps only weak references to tasks.
        self._running: dict[asyncio.Task[None], str] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wakeup = asyncio.Event()
        self._stopping = False
        self._store_down = False
        self._ahead = -inf  # of the monotonic clock, at the last look
        self._more_may_wait = False  # than were claimed, for want of slots
        self._done: list[tuple[ClaimedJob, datetime]] = []  # and when, until that is stored
        self.every(3600, "delete done jobs", self._delete_done)

    def every(self, seconds: float, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Has `run` called about every so many seconds, by one process at a time. On SQLite, which has one
        process, a frequent one has no row: an idle store is not written to.
        """
        job = PeriodicJob(name, seconds, run)
        if self._alone and seconds <= FREQUENT:
            self._local[job] = self._clock.now()
        else:
            self._periodic[job.kind] = job

    @property
    def _local_kinds(self) -> set[str]:
        return {job.kind for job in self._local}

    def wake(self) -> None:
        """Looks for jobs now instead of at the next poll; may be called from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wakeup.set)

    async def run(self) -> None:
        """Runs due jobs until `stop`; outages of the store are waited out."""
        self._loop = asyncio.get_running_loop()
        installed = False
        while not self._stopping:
            # Before the store is asked: a job enqueued from here on sets it again.
            self._wakeup.clear()
            installed = installed and not self._clock_was_put_back()
            installed = installed or await self._write(self._install) is not None
            free = self._slots - sum(kind not in self._local_kinds for kind in self._running.values())
            if await self._start_due(free) < max(free, 1):
                await self._pause()

    def _clock_was_put_back(self) -> bool:
        """Whether the clock was set back since the last look: what it put off before may be due in years."""
        ahead = self._clock.now().timestamp() - self._clock.monotonic()
        before, self._ahead = self._ahead, ahead
        return before - ahead > PUT_BACK

    async def run_due(self) -> int:
        """Runs all jobs that are due, and those they enqueue, and returns how many; for a runner at rest."""
        await self._write(self._install)
        count = 0
        while started := await self._start_due(self._slots):
            count += started
            await asyncio.gather(*self._running)
        await asyncio.gather(*self._running)  # those without a row
        return count

    def running(self, kind: str) -> int:
        """How many jobs of this kind run now."""
        return list(self._running.values()).count(kind)

    async def stop(self, grace: float = 10.0) -> None:
        """Claims no more jobs, and cancels and hands back those that do not end within `grace` seconds."""
        self._stopping = True
        self.wake()
        if self._running:
            with suppress(TimeoutError):
                async with self._clock.timeout(grace):
                    await asyncio.wait(self._running)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if done := list(self._done):
            await self._write(lambda session: _complete(session, done))

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with self._clock.timeout(POLL_SECONDS):
                await self._wakeup.wait()

    async def _start_due(self, free: int) -> int:
        self._start_local()
        if free <= 0:
            self._more_may_wait = True
            if not self._done:
                return 0
        leases = {kind: self._leases.get(kind, LONG_LEASE) for kind in self._handlers}
        leases |= {job.kind: job.lease for job in self._periodic.values()}
        # What is done is stored on the way: a transaction less for each job.
        done = list(self._done)
        jobs = await self._write(lambda session: self._store_and_claim(session, done, leases, free))
        if jobs is not None:
            self._done = [job for job in self._done if job not in done]
        for job in jobs or ():
            seconds = leases[job.kind] * TIMEOUT_SHARE
            self._track(asyncio.create_task(self._run_job(job, seconds)), job.kind)
        return len(jobs or ())

    def _start_local(self) -> None:
        now = self._clock.now()
        due = [job for job, at in self._local.items() if at <= now or self._is_too_far(job, at, now)]
        for job in [job for job in due if not self.running(job.kind)]:
            self._local[job] = now + timedelta(seconds=job.seconds)
            self._track(asyncio.create_task(self._run_local(job)), job.kind)

    @staticmethod
    def _is_too_far(job: PeriodicJob, at: datetime, now: datetime) -> bool:
        """Whether a clock that was ahead put the job off."""
        return at > now + timedelta(seconds=job.seconds)

    async def _run_local(self, job: PeriodicJob) -> None:
        try:
            async with self._clock.timeout(job.lease * TIMEOUT_SHARE):
                await job.run()
        except Exception as error:
            metrics.job_retried(job.kind)
            self._log_failure(job.kind, 1, error)

    def _track(self, task: asyncio.Task[None], kind: str) -> None:
        self._running[task] = kind
        task.add_done_callback(self._ended)

    def _store_and_claim(
        self,
        session: Session,
        done: list[tuple[ClaimedJob, datetime]],
        leases: Mapping[str, float],
        free: int,
    ) -> list[ClaimedJob]:
        _complete(session, done)
        return self._claim(session, leases, free) if free > 0 else []

    def _claim(self, session: Session, leases: Mapping[str, float], free: int) -> list[ClaimedJob]:
        """Up to `free` due jobs: the quick ones first, and no more slow ones than leave the reserve."""
        now = self._clock.now()
        quick = {kind: lease for kind, lease in leases.items() if kind not in self._slow}
        slow = {kind: lease for kind, lease in leases.items() if kind in self._slow}
        jobs = claims.claim(session, quick, now, free)
        running = sum(map(self.running, self._slow))
        slow_free = min(free - len(jobs), max(self._slots - RESERVED_SLOTS, 1) - running)
        slow_jobs = claims.claim(session, slow, now, slow_free) if slow and slow_free > 0 else []
        self._more_may_wait = len(jobs) == free or (bool(slow) and len(slow_jobs) >= slow_free)
        return jobs + slow_jobs

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        if self._more_may_wait or self._stopping:
            self._wakeup.set()

    async def _run_job(self, job: ClaimedJob, seconds: float) -> None:
        try:
            update = await self._attempt(job, seconds)
            self._attempted(job.id)
        except asyncio.CancelledError:
            await self._write(self._postponed(job, 0, attempts=job.attempts - 1))
            raise
        if update is not None:
            await self._save(update)
            return
        self._done.append((job, self._clock.now()))
        self._wakeup.set()

    async def _attempt(self, job: ClaimedJob, seconds: float) -> RowUpdate | None:
        """Runs the handler for at most so many seconds; returns how the attempt is to be recorded, None for a
        job that is done.
        """
        periodic_job = self._periodic.get(job.kind)
        if periodic_job is None and job.attempts > MAX_ATTEMPTS:
            return self._dead(job, GiveUp("its process died at every attempt"))
        try:
            async with self._clock.timeout(seconds):
                await (periodic_job.run() if periodic_job else self._handlers[job.kind](job.payload))
        except Exception as error:
            if not isinstance(error, Retry):
                self._log_failure(job.kind, job.attempts, error)
            return self._failed(job, periodic_job, error)
        if periodic_job is not None:
            return self._postponed(job, periodic_job.seconds, attempts=0)
        metrics.job_done(job.kind)
        return None

    def _failed(self, job: ClaimedJob, periodic_job: PeriodicJob | None, error: Exception) -> RowUpdate:
        if periodic_job is not None:
            return self._postponed(job, periodic_job.seconds, attempts=0, error=error)
        if isinstance(error, Retry):
            return self._postponed(job, error.seconds, attempts=job.attempts - 1, error=error)
        if isinstance(error, GiveUp) or job.attempts >= MAX_ATTEMPTS:
            return self._dead(job, error)
        return self._postponed(job, backoff(job.attempts), attempts=job.attempts, error=error)

    def _postponed(
        self, job: ClaimedJob, seconds: float, *, attempts: int, error: Exception | None = None
    ) -> RowUpdate:
        if error is not None:
            metrics.job_retried(job.kind)
        run_at = self._clock.now() + timedelta(seconds=seconds)
        reason = describe_error(error) if error else None
        return partial(claims.postpone, job=job, run_at=run_at, attempts=attempts, error=reason)

    def _dead(self, job: ClaimedJob, error: Exception) -> RowUpdate:
        metrics.job_dead(job.kind)
        log.error("a job was given up on", kind=job.kind, job=job.id, error=describe_error(error))
        return partial(claims.give_up, job=job, now=self._clock.now(), error=describe_error(error))

    async def _save(self, update: RowUpdate) -> None:
        """Records how the attempt ended; if the store stays away, the job runs again after its lease."""
        for _ in range(UPDATE_TRIES):
            if await self._write(update) is not None:
                return
            await self._clock.sleep(POLL_SECONDS)

    async def _write(self, verb: Callable[[Session], T]) -> T | None:
        """The verb's result, or None while the store is away: no error may end the runner."""
        try:
            result = await self._store.write(verb, deadline=STORE_DEADLINE)
        except Exception as fault:
            self._wait_for_store(fault)
            return None
        self._store_down = False
        return result

    def _log_failure(self, kind: str, attempt: int, error: Exception) -> None:
        if is_outage(error):
            self._wait_for_store(error)
        else:
            log.warning("a job failed", kind=kind, attempt=attempt, **error_fields(error))

    def _wait_for_store(self, fault: Exception) -> None:
        """Logged once an outage, whichever job meets it first."""
        if not self._store_down:
            log.warning("jobs wait for the store", **fault_fields(fault))
        self._store_down = True

    def _install(self, session: Session) -> bool:
        periodic.install(session, self._periodic.values(), self._clock.now())
        return True

    async def _delete_done(self) -> None:
        before = self._clock.now() - DONE_RETENTION
        delete = partial(claims.delete_done, before=before)
        while await self._store.write(delete, deadline=STORE_DEADLINE) >= SOME:
            pass


def _complete(session: Session, done: list[tuple[ClaimedJob, datetime]]) -> bool:
    for job, at in done:
        claims.complete(session, job, at)
    return True
