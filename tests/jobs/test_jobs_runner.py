"""What becomes of a job: done, put off, given up on, forgotten."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from callcrm.jobs.periodic import LONG_LEASE
from callcrm.jobs.retry import MAX_ATTEMPTS, GiveUp, Retry, backoff
from callcrm.jobs.runner import Runner
from callcrm.models import Job
from callcrm.store.enqueue import Enqueued, enqueue
from callcrm.store.store import Store
from tests.clocks import SetClock
from tests.jobs.job_helpers import enqueued, job, raising, recording_into, run_due


def test_a_job_is_enqueued_once_to_a_key(store: Store, clock: SetClock) -> None:
    assert enqueued(store, clock.now(), "a", "a", "b") == [True, False, True]


def test_a_job_of_a_failed_verb_was_never_enqueued(store: Store, clock: SetClock) -> None:
    def verb(session: Session) -> None:
        enqueue(session, "note", "a", {}, clock.now())
        raise KeyError

    with pytest.raises(KeyError):
        store.write_now(verb)
    assert enqueued(store, clock.now(), "a") == [True]


def test_a_runner_hears_of_a_job_when_it_is_durable(
    store: Store, clock: SetClock, published: list[object]
) -> None:
    enqueued(store, clock.now(), "a", "a")
    (job,) = published
    assert isinstance(job, Enqueued)
    assert (job.kind, job.run_at) == ("note", clock.now())


def test_a_due_job_is_done_once(store: Store, clock: SetClock) -> None:
    seen: list[str] = []
    enqueued(store, clock.now(), "a", "b")
    run_due(store, clock, recording_into(seen))
    run_due(store, clock, recording_into(seen))
    assert sorted(seen) == ["a", "b"]
    assert job(store, "note:a").done_at == clock.now()


def test_a_job_is_not_done_before_its_time(store: Store, clock: SetClock) -> None:
    seen: list[str] = []
    enqueued(store, clock.now() + timedelta(seconds=60), "a")
    run_due(store, clock, recording_into(seen))
    assert seen == []
    clock.advance(60)
    run_due(store, clock, recording_into(seen))
    assert seen == ["a"]


def test_a_job_nobody_here_knows_is_left_for_those_who_do(store: Store, clock: SetClock) -> None:
    enqueued(store, clock.now(), "a", kind="unknown")
    run_due(store, clock, recording_into([]))
    assert job(store, "unknown:a").attempts == 0


def test_a_failed_job_is_put_off_and_tells_no_secrets(store: Store, clock: SetClock) -> None:
    enqueued(store, clock.now(), "a")
    run_due(store, clock, raising(ValueError("+12025550123")))
    failed = job(store, "note:a")
    assert (failed.attempts, failed.last_error, failed.lease_until) == (1, "builtins.ValueError", None)
    assert failed.run_at > clock.now()


def test_a_job_that_fails_too_often_is_given_up_on_where_people_see_it(store: Store, clock: SetClock) -> None:
    enqueued(store, clock.now(), "a")
    for _ in range(MAX_ATTEMPTS + 3):
        run_due(store, clock, raising(ValueError()))
        clock.advance(7200)
    dead = job(store, "note:a")
    assert (dead.attempts, dead.last_error) == (MAX_ATTEMPTS, "builtins.ValueError")
    assert dead.dead_at is not None


def test_a_handler_may_give_up_at_once(store: Store, clock: SetClock) -> None:
    enqueued(store, clock.now(), "a")
    run_due(store, clock, raising(GiveUp("the carrier has no such recording")))
    assert job(store, "note:a").last_error == "the carrier has no such recording"
    assert job(store, "note:a").dead_at == clock.now()


def test_a_handler_may_ask_to_come_again_as_often_as_it_likes(store: Store, clock: SetClock) -> None:
    enqueued(store, clock.now(), "a")
    for _ in range(MAX_ATTEMPTS + 3):
        run_due(store, clock, raising(Retry(30, "not ready")))
        assert job(store, "note:a").run_at == clock.now() + timedelta(seconds=30)
        clock.advance(30)
    assert job(store, "note:a").dead_at is None


def test_pauses_grow_to_an_hour_and_are_spread() -> None:
    assert 3 < backoff(1) < 7
    assert 2600 < backoff(15) < 4600
    assert len({backoff(5) for _ in range(10)}) == 10


def test_a_handler_that_hangs_is_stopped_while_the_job_is_its_own(store: Store, clock: SetClock) -> None:
    async def hang(payload: dict[str, Any]) -> None:
        clock.skip(LONG_LEASE - 1)
        await asyncio.Event().wait()

    enqueued(store, clock.now(), "a")
    run_due(store, clock, {"note": hang})
    assert job(store, "note:a").last_error == "builtins.TimeoutError"


def test_done_jobs_are_forgotten_after_a_week_and_dead_ones_kept(store: Store, clock: SetClock) -> None:
    enqueued(store, clock.now(), "done")
    run_due(store, clock, recording_into([]))
    enqueued(store, clock.now(), "dead")
    run_due(store, clock, raising(GiveUp("no use")))
    clock.advance(8 * 24 * 3600)
    run_due(store, clock, recording_into([]))
    keys = store.read_now(lambda s: set(s.exec(select(Job.dedupe_key))))
    assert "note:done" not in keys
    assert "note:dead" in keys


def test_a_worker_that_lost_its_lease_changes_nothing(store: Store, clock: SetClock) -> None:
    async def dawdle(payload: dict[str, Any]) -> None:
        clock.advance(200)
        await Runner(store, {"note": fails}, clock).run_due()

    async def fails(payload: dict[str, Any]) -> None:
        raise Retry(30, "not ready")

    enqueued(store, clock.now(), "a")
    run_due(store, clock, {"note": dawdle})
    assert job(store, "note:a").done_at is None
    assert job(store, "note:a").last_error == "not ready"
