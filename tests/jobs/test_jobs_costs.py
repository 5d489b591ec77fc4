"""What a job costs beside its handler: nothing is looked for twice, built twice or stored by itself."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, func, select

from callcrm.calls import call_ended
from callcrm.jobs import claims
from callcrm.jobs.runner import SLOTS, Runner
from callcrm.models import Job
from callcrm.store.store import Store
from tests.clocks import SetClock
from tests.jobs.job_helpers import enqueued, job, recording_into
from tests.posts import completed, inbound
from tests.running_app import RunningApp, open_app, settings_for

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_who_finds_no_job_due_writes_nothing(store: Store, statements: Callable[[], Any]) -> None:
    enqueued(store, NOW + timedelta(hours=1), "later")
    with statements() as seen:
        assert store.write_now(lambda session: claims.claim(session, {"note": 60.0}, NOW, 5)) == []
    assert [statement.split()[0] for statement in seen] == ["SELECT"]


def test_looking_for_jobs_builds_no_statement_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def claim() -> list[claims.ClaimedJob]:
        return store.write_now(lambda session: claims.claim(session, {"note": 60.0}, NOW, 5))

    enqueued(store, NOW, "a")
    assert len(claim()) == 1
    monkeypatch.setattr(claims, "select", None)
    monkeypatch.setattr(claims, "update", None)
    enqueued(store, NOW, "b")
    assert len(claim()) == 1


def test_jobs_that_are_done_are_stored_together(
    store: Store, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"{number}" for number in range(SLOTS - 1)]
    enqueued(store, clock.now(), *keys)
    transactions: list[object] = []
    write = store.write

    async def counted(verb: Any, **options: Any) -> Any:
        transactions.append(verb)
        return await write(verb, **options)

    monkeypatch.setattr(store, "write", counted)
    seen: list[str] = []
    runner = Runner(store, recording_into(seen), clock)

    async def run() -> None:
        running = asyncio.create_task(runner.run())
        while len(seen) < len(keys) or runner._done:  # noqa: ASYNC110  (no event tells of either)
            await asyncio.sleep(0.01)
        await runner.stop()
        await running

    asyncio.run(run())
    assert sorted(seen) == keys
    assert all(job(store, f"note:{key}").done_at for key in keys)
    # The periodic jobs' rows, the claim, what is done, one periodic job with its end, and two looks for more.
    assert len(transactions) <= 7


def test_what_is_done_while_the_runner_stops_is_stored(store: Store, clock: SetClock) -> None:
    enqueued(store, clock.now(), "a")
    begun = asyncio.Event()

    async def work(_: dict[str, Any]) -> None:
        begun.set()
        await asyncio.sleep(0.2)

    runner = Runner(store, {"note": work}, clock)

    async def run() -> None:
        running = asyncio.create_task(runner.run())
        await begun.wait()
        await runner.stop()
        await running

    asyncio.run(run())
    assert job(store, "note:a").done_at is not None


def test_a_callback_that_changes_nothing_of_an_ended_call_enqueues_nothing(
    database_url: str, clock: SetClock, tmp_path: Any
) -> None:
    sid = "CA" + "7" * 32
    with open_app(settings_for(database_url, tmp_path), clock, background=False) as app:
        app.post("/webhooks/twilio/voice", inbound(sid))
        app.post("/webhooks/twilio/status", completed(sid, 30))
        assert _ended_jobs(app) == 1
        recording = {**inbound(sid), "RecordingSid": "RE" + "7" * 32, "RecordingStatus": "absent"}
        app.post("/webhooks/twilio/recording?kind=call", {**recording, "RecordingDuration": "0"})
        assert _ended_jobs(app) == 1


def _ended_jobs(app: RunningApp) -> int:
    jobs = select(func.count()).where(col(Job.kind) == call_ended.JOB)
    return app.services.store.read_now(lambda session: session.exec(jobs).one())
