"""SQLite alone: the group, the lock of another process, the disk's end, and full durability."""

import asyncio
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import URL, text
from sqlmodel import Session

from callcrm.store import sqlite
from callcrm.store.store import Store, StoreDown, StoreLate
from tests.clocks import CLOCK, THREADS, ManualClock
from tests.store.verbs import NOW, Gate, outcomes, put, subjects

HOLDS_THE_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("COMMIT")
"""
pytestmark = pytest.mark.engine("sqlite")
HELD = 0.25  # seconds
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.fixture
def path(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "store.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return path


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{path}", CLOCK, THREADS)
    yield store
    store.close()


@contextmanager
def locked_by_another(path: Path) -> Iterator[Callable[[], None]]:
    """Another process holds the lock until it is told to let go, or the block ends."""
    command = [sys.executable, "-c", HOLDS_THE_LOCK, str(path)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdin is not None
    assert other.stdout.readline() == "locked\n"

    def let_go() -> None:
        with suppress(ValueError):  # it has been told before
            other.stdin.close()  # type: ignore[union-attr]

    try:
        yield let_go
    finally:
        let_go()
        other.wait()
        other.stdout.close()


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def pragmas(session: Session) -> dict[str, Any]:
    return {name: session.execute(text(f"PRAGMA {name}")).scalar() for name in PRAGMAS}


def driver(session: Session) -> Any:
    return session.connection().connection.driver_connection


def test_writes_are_durable_over_a_power_cut_and_keys_are_checked(store: Store) -> None:
    assert store.write_now(pragmas) == PRAGMAS


def test_every_reader_has_the_same_settings(store: Store) -> None:
    def slowly(session: Session) -> dict[str, Any]:
        time.sleep(0.05)
        return pragmas(session)

    assert outcomes(*(store.read(slowly) for _ in range(8))) == [PRAGMAS] * 8


def test_a_connection_made_after_a_fault_has_the_same_settings(store: Store) -> None:
    with pytest.raises(StoreDown):
        store.write_now(lambda s: s.execute(text("SELECT * FROM nowhere")))
    assert store.write_now(pragmas) == PRAGMAS


def test_what_has_gathered_is_committed_as_a_group(store: Store) -> None:
    run: list[str] = []
    store.write_now(lambda s: driver(s).set_trace_callback(run.append))

    async def many() -> None:
        with Gate(store) as gate:
            run.clear()
            waiting = [asyncio.create_task(store.write(put(f"{n:02}"), deadline=20)) for n in range(50)]
            await asyncio.sleep(0.1)
            gate.open()
            await asyncio.gather(*waiting)

    asyncio.run(many())
    assert len(store.read_now(subjects)) == 50
    assert run.count("COMMIT") <= 10


def test_a_group_is_not_kept_waiting_by_its_slow_members(path: Path) -> None:
    clock = ManualClock(NOW)
    store, run = Store(f"sqlite:///{path}", clock, THREADS), list[str]()
    store.write_now(lambda s: driver(s).set_trace_callback(run.append))
    run.clear()
    with Gate(store) as gate:
        waiting = [store.write(lambda _: clock.block(0.03)) for _ in range(10)]
        threading.Timer(0.2, gate.open).start()
        assert outcomes(*waiting) == [None] * 10
    store.close()
    assert run.count("COMMIT") == 10 / 2  # two of them make a group too old for a third


def test_another_process_that_holds_the_lock_costs_no_more_than_the_deadline(
    store: Store, path: Path
) -> None:
    with locked_by_another(path):
        results = outcomes(*(store.write(put("a"), deadline=0.5) for _ in range(20)))
        assert {type(result) for result in results} == {StoreLate}
        assert store.read_now(subjects) == []
    assert store.write_now(put("after"), deadline=1) == "after"
    assert store.read_now(subjects) == ["after"]


def test_a_short_lock_is_waited_for(store: Store, path: Path) -> None:
    is_busy = sqlite.is_busy
    with locked_by_another(path) as let_go:

        def met(error: sqlite3.Error) -> bool:
            let_go()
            return is_busy(error)

        with patch.object(sqlite, "is_busy", met):
            assert outcomes(store.write(put("a"), deadline=20)) == ["a"]


def test_a_guest_leaves_the_lock_to_the_server_for_longer_than_it_has_held_it(path: Path) -> None:
    server, rests = Store(f"sqlite:///{path}", CLOCK, THREADS), list[float]()

    class Resting(ManualClock):
        """A clock that has the server write while somebody rests."""

        def block(self, seconds: float) -> None:
            super().block(seconds)
            rests.append(seconds)
            server.write_now(put(f"server {len(rests)}"), deadline=5)

    clock = Resting(NOW)
    guest = Store(f"sqlite:///{path}", clock, THREADS, guest=True)
    for number in range(3):
        guest.write_now(partial(_slowly, clock, f"guest {number}"))
    guest.close()
    assert rests == [pytest.approx(2 * HELD)] * 3
    assert server.read_now(subjects) == sorted(
        [*(f"guest {number}" for number in range(3)), *(f"server {number + 1}" for number in range(3))]
    )
    server.close()


def _slowly(clock: ManualClock, subject: str, session: Session) -> None:
    put(subject)(session)
    ManualClock.block(clock, HELD)


def test_a_full_disk_is_an_outage_that_ends_by_itself(store: Store, path: Path) -> None:
    big = put("x" * 60)

    def many(session: Session) -> None:
        for _ in range(3000):
            big(session)

    store.write_now(put("before"))
    with no_file_longer_than(200_000):
        results = outcomes(store.write(put("small")), store.write(many, deadline=10))
        assert any(isinstance(result, StoreDown) for result in results)
    assert store.write_now(put("after")) == "after"
    kept = store.read_now(subjects)
    acknowledged = {"before", "after", *(result for result in results if isinstance(result, str))}
    assert set(kept) == acknowledged
    assert store.read_now(lambda s: s.execute(text("PRAGMA integrity_check")).scalar()) == "ok"


def test_a_verb_that_swallows_the_disks_end_is_not_acknowledged(store: Store) -> None:
    def swallow(session: Session) -> None:
        for _ in range(3000):
            try:
                session.execute(
                    text(
                        "INSERT INTO idempotency_key (key, request_hash, created_at)"
                        " VALUES (hex(randomblob(32)), 'x', '0')"
                    )
                )
            except Exception:
                return

    with no_file_longer_than(200_000), pytest.raises(StoreDown):
        store.write_now(swallow)
    assert store.read_now(lambda s: s.execute(text("SELECT count(*) FROM idempotency_key")).scalar()) == 0


def test_a_missing_file_is_an_outage_and_no_empty_store_is_begun(path: Path, sqlite_template: Path) -> None:
    path.unlink()
    store = Store(f"sqlite:///{path}", CLOCK, THREADS)
    with pytest.raises(StoreDown, match="can't be opened"):
        store.write_now(put("a"))
    assert not path.exists()
    shutil.copyfile(sqlite_template, path)
    assert store.write_now(put("back")) == "back"
    store.close()


def test_a_file_that_is_no_database_is_an_outage(path: Path) -> None:
    path.write_bytes(b"no database at all " * 100)
    store = Store(f"sqlite:///{path}", CLOCK, THREADS)
    with pytest.raises(StoreDown, match="no SQLite file"):
        store.read_now(subjects)
    store.close()


def test_a_path_with_odd_characters_is_taken_as_it_is(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d%20é.sqlite3"
    shutil.copyfile(sqlite_template, path)
    url = URL.create("sqlite", database=str(path)).render_as_string()
    store = Store(url, CLOCK, THREADS)
    store.write_now(put("a"))
    store.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM live_event").fetchone() == (1,)
    connection.close()
