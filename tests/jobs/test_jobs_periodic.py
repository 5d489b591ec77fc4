"""Periodic jobs come round, in one process at a time, whatever happened the last time."""

import asyncio

from callcrm.jobs.retry import MAX_ATTEMPTS
from callcrm.jobs.runner import Runner
from callcrm.store.store import Store
from tests.clocks import SetClock
from tests.jobs.job_helpers import job


class CountingJob:
    """A runner whose periodic job counts how often it ran."""

    def __init__(self, store: Store, clock: SetClock, fault: Exception | None = None) -> None:
        self.times = 0
        self._fault = fault
        self.runner = Runner(store, {}, clock)
        self.runner.every(60, "count", self._count)

    async def _count(self) -> None:
        self.times += 1
        if self._fault:
            raise self._fault

    def run(self) -> int:
        asyncio.run(self.runner.run_due())
        return self.times


def test_a_periodic_job_recurs(store: Store, clock: SetClock) -> None:
    counting = CountingJob(store, clock)
    assert [counting.run(), counting.run()] == [1, 1]
    clock.advance(60)
    assert counting.run() == 2


def test_a_periodic_job_is_run_by_one_process_at_a_time(store: Store, clock: SetClock) -> None:
    assert [CountingJob(store, clock).run(), CountingJob(store, clock).run()] == [1, 0]


def test_a_periodic_job_that_fails_comes_round_again(store: Store, clock: SetClock) -> None:
    counting = CountingJob(store, clock, ValueError())
    for _ in range(MAX_ATTEMPTS + 5):
        counting.run()
        clock.advance(60)
    assert counting.times == MAX_ATTEMPTS + 5
    assert job(store, "periodic:count:").last_error == "builtins.ValueError"


def test_a_periodic_job_may_have_a_long_name(store: Store, clock: SetClock) -> None:
    done: list[str] = []

    async def note() -> None:
        done.append("done")

    runner = Runner(store, {}, clock)
    runner.every(60, "forget the answers that were given to requests", note)
    asyncio.run(runner.run_due())
    assert done == ["done"]


def test_a_clock_that_was_ahead_for_a_moment_puts_nothing_off(store: Store, clock: SetClock) -> None:
    counting, day = CountingJob(store, clock), 24 * 3600
    clock.advance(365 * day)
    assert counting.run() == 1
    clock.advance(-365 * day)
    assert CountingJob(store, clock).run() == 1
