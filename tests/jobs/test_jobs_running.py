"""A runner at work: it wakes, polls, waits out outages and stops in good order."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callcrm.jobs.runner import RESERVED_SLOTS, SLOTS, Runner
from callcrm.store.enqueue import enqueue
from callcrm.store.store import Store
from tests.clocks import CLOCK, THREADS, StillClock
from tests.jobs.job_helpers import enqueued, job, recording_into, until


async def running_until(runner: Runner, condition: Callable[[], bool]) -> None:
    task = asyncio.create_task(runner.run())
    await until(condition)
    await runner.stop()
    await task


def test_a_running_runner_is_woken_by_a_new_job(database_url: str) -> None:
    """On a clock that stands still no poll ever comes."""
    seen: list[str] = []
    runners: list[Runner] = []
    store = Store(database_url, CLOCK, THREADS, on_commit=lambda events: runners[0].wake())
    runners.append(Runner(store, recording_into(seen), StillClock()))

    async def enqueue_meanwhile() -> None:
        task = asyncio.create_task(runners[0].run())
        await asyncio.sleep(0.3)
        await asyncio.to_thread(enqueued, store, datetime.now(UTC), "a")
        await until(lambda: seen)
        await runners[0].stop()
        await task

    asyncio.run(enqueue_meanwhile())
    assert seen == ["a"]
    store.close()


def test_slow_jobs_leave_slots_to_the_others(store: Store) -> None:
    """Eight downloads that hang keep nobody from what an ended call causes."""
    downloading, done = asyncio.Event(), list[str]()

    async def download(_: dict[str, Any]) -> None:
        await downloading.wait()

    async def settle(payload: dict[str, Any]) -> None:
        done.append(payload["key"])

    now = datetime.now(UTC)
    store.write_now(lambda s: [enqueue(s, "download", str(n), {}, now) for n in range(SLOTS)] and None)
    store.write_now(lambda s: enqueue(s, "settle", "a", {"key": "a"}, now))
    runner = Runner(store, {"download": download, "settle": settle}, CLOCK, slow={"download"})

    async def run() -> int:
        task = asyncio.create_task(runner.run())
        await until(lambda: done)
        downloads = runner.running("download")
        downloading.set()
        await runner.stop()
        await task
        return downloads

    assert asyncio.run(run()) <= SLOTS - RESERVED_SLOTS
    assert done == ["a"]


def test_a_running_runner_finds_what_another_process_enqueued(store: Store) -> None:
    seen: list[str] = []
    enqueued(store, datetime.now(UTC) + timedelta(seconds=0.5), "a")
    asyncio.run(running_until(Runner(store, recording_into(seen), CLOCK), lambda: bool(seen)))


def test_more_jobs_than_slots_are_all_done(store: Store) -> None:
    seen: list[str] = []
    keys = [f"{n:02}" for n in range(25)]
    enqueued(store, datetime.now(UTC), *keys)
    asyncio.run(running_until(Runner(store, recording_into(seen), CLOCK, slots=3), lambda: len(seen) == 25))
    assert sorted(seen) == keys


def test_a_stop_waits_for_the_job_in_hand(store: Store) -> None:
    seen: list[str] = []

    async def slow(payload: dict[str, Any]) -> None:
        seen.append("begun")
        await asyncio.sleep(0.3)
        seen.append("ended")

    enqueued(store, datetime.now(UTC), "a")
    asyncio.run(running_until(Runner(store, {"note": slow}, CLOCK), lambda: bool(seen)))
    assert seen == ["begun", "ended"]
    assert job(store, "note:a").done_at is not None


def test_a_stop_gives_back_what_does_not_end(store: Store) -> None:
    begun: list[str] = []

    async def endless(payload: dict[str, Any]) -> None:
        begun.append("begun")
        await asyncio.sleep(60)

    async def stop_early() -> None:
        runner = Runner(store, {"note": endless}, CLOCK)
        task = asyncio.create_task(runner.run())
        await until(lambda: begun)
        await runner.stop(grace=0.1)
        await task

    enqueued(store, datetime.now(UTC), "a")
    asyncio.run(stop_early())
    given_back = job(store, "note:a")
    assert (given_back.attempts, given_back.lease_until, given_back.done_at) == (0, None, None)


@pytest.mark.engine("sqlite")
def test_a_runner_waits_out_an_outage_of_the_store(store: Store, database_url: str) -> None:
    path = Path(database_url.removeprefix("sqlite:///"))
    hidden = path.with_suffix(".hidden")
    seen: list[str] = []

    async def outage() -> None:
        away = Store(database_url, CLOCK, THREADS)
        runner = Runner(away, recording_into(seen), CLOCK)
        task = asyncio.create_task(runner.run())
        await asyncio.sleep(0.3)
        hidden.rename(path)
        await until(lambda: seen)
        await runner.stop()
        await task
        away.close()

    enqueued(store, datetime.now(UTC), "a")
    store.close()
    path.rename(hidden)
    asyncio.run(outage())
    assert seen == ["a"]
