"""Several processes at one table, and those that die: each job has its effect all the same."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import col, select

from callcrm.models import Job, LiveEvent
from callcrm.store.store import Store
from tests.clocks import SetClock
from tests.jobs.job_helpers import enqueued, job, recording_into, run_due

ROOT = Path(__file__).parents[2]
WORKER = """
import asyncio, os, sys
from callcrm.cli.clock_and_threads import clock, threads
from callcrm.jobs.runner import Runner
from callcrm.models import LiveEvent
from callcrm.store.store import Store

store = Store(sys.argv[1], clock, threads)

async def note(payload):
    event = LiveEvent(at=clock.now(), kind="done", subject=payload["n"])
    await store.write(lambda session: session.add(event), deadline=20)

async def hang(payload):
    print("hanging", flush=True)
    await asyncio.sleep(60)

async def main():
    runner = Runner(store, {"note": note, "hang": hang}, clock)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    while await runner.run_due():
        pass

asyncio.run(main())
store.close()
"""


def test_workers_racing_for_one_table_do_each_job_once(store: Store, database_url: str) -> None:
    keys = [f"{n:03}" for n in range(200)]
    enqueued(store, datetime.now(UTC), *keys)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, database_url],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.communicate("go\n")
        assert worker.returncode == 0
    done = store.read_now(
        lambda s: s.exec(select(LiveEvent.subject).where(col(LiveEvent.kind) == "done")).all()
    )
    assert sorted(done) == keys
    assert {job.attempts for job in store.read_now(lambda s: s.exec(select(Job)).all()) if job.done_at} == {1}


def test_a_job_whose_worker_died_is_done_by_another_when_the_lease_is_over(
    store: Store, clock: SetClock, database_url: str
) -> None:
    now = datetime.now(UTC)
    enqueued(store, now, "a", kind="hang")
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, database_url],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()
    assert [worker.stdout.readline() for _ in range(2)] == ["ready\n", "hanging\n"]
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdin.close()
    worker.stdout.close()
    seen: list[str] = []
    handlers = {"hang": recording_into(seen)["note"]}
    clock.set(datetime.now(UTC) + timedelta(seconds=60))
    run_due(store, clock, handlers)
    assert seen == []
    clock.advance(70)
    run_due(store, clock, handlers)
    assert (seen, job(store, "hang:a").attempts) == (["a"], 2)
