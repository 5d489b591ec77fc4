"""Verbs that need not settle are committed in groups, on PostgreSQL too: nobody but a clock notices."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session

from callcrm.base.errors import NotFound
from callcrm.models import IdempotencyKey, LiveEvent
from callcrm.models.conventions import table_of
from callcrm.store.deferred_writes import write_deferred
from callcrm.store.errors import StoreOutdated
from callcrm.store.postgres.engine import advisory_lock_key
from callcrm.store.store import Store, StoreDown, StoreLate, after_commit
from tests.clocks import CLOCK, THREADS
from tests.store.verbs import NOW, outcomes, put, subjects

INSERT = insert(table_of(LiveEvent)).returning(table_of(LiveEvent).c.id)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is queued together is a group."""
    monkeypatch.setattr("callcrm.store.postgres.store.GROUP_WRITERS", 1)


def together(store: Store, *waiting: Coroutine[Any, Any, Any]) -> list[Any]:
    """What became of these, which are all queued before the thread that commits groups is free."""
    opened = threading.Event()

    async def run() -> list[Any]:
        gate = asyncio.create_task(store.write(lambda s: opened.wait(10), deadline=10, settle=False))
        await asyncio.sleep(0.05)
        asyncio.get_running_loop().call_later(0.1, opened.set)
        results = await asyncio.gather(*waiting, return_exceptions=True)
        await gate
        return results

    return asyncio.run(run())


def grouped(store: Store, verb: Callable[[Session], Any], **options: Any) -> Coroutine[Any, Any, Any]:
    return store.write(verb, settle=False, **{"deadline": 5, **options})


def transaction(session: Session) -> str:
    put("any")(session)
    session.flush()
    number: str = session.execute(text("SELECT pg_current_xact_id()::text")).scalar_one()
    return number


@pytest.mark.engine("postgresql")
def test_what_is_queued_is_committed_at_once(store: Store) -> None:
    numbers = together(store, *(grouped(store, transaction) for _ in range(10)))
    assert len(set(numbers)) == 1
    assert store.read_now(subjects) == ["any"] * 10


def broken(session: Session) -> None:
    put("broken")(session)
    session.flush()
    raise NotFound("No such thing.")


def of_a_later_version(session: Session) -> None:
    put("broken")(session)
    session.execute(text("SELECT 1 FROM table_of_a_later_version"))


@pytest.mark.parametrize(("verb", "fault"), [(broken, NotFound), (of_a_later_version, StoreOutdated)])
def test_a_raising_verb_harms_no_other_of_its_group(
    store: Store, verb: Callable[[Session], None], fault: type[Exception]
) -> None:
    results = together(
        store, *(grouped(store, put(f"{n}") if n % 3 else verb, lock=f"CA{n}") for n in range(9))
    )
    assert [type(result) for result in results] == [str if n % 3 else fault for n in range(9)]
    assert store.read_now(subjects) == [f"{n}" for n in range(9) if n % 3]


def test_a_verb_that_breaks_a_constraint_harms_no_other_of_its_group(store: Store) -> None:
    keys = insert(table_of(IdempotencyKey))
    row = {"key": "same", "request_hash": "a", "created_at": NOW}
    results = together(
        store,
        grouped(store, put("a")),
        *(grouped(store, lambda s: write_deferred(s, keys, row)) for _ in range(2)),
        grouped(store, put("b")),
    )
    assert results[0] == "a"
    assert results[3] == "b"
    assert sum(isinstance(result, Exception) for result in results) == 1
    assert store.read_now(subjects) == ["a", "b"]


def test_a_verb_slower_than_its_deadline_harms_no_other_of_its_group(store: Store) -> None:
    def slow(session: Session) -> None:
        put("slow")(session)
        session.flush()
        time.sleep(0.5)

    results = together(
        store, grouped(store, put("a")), grouped(store, slow, deadline=0.4), grouped(store, put("b"))
    )
    assert [type(result) for result in results] == [str, StoreLate, str]
    assert store.read_now(subjects) == ["a", "b"]


def test_events_are_those_of_their_verbs_and_of_what_is_kept(store: Store, published: list[object]) -> None:
    def telling(name: str, verb: Callable[[Session], object] = lambda s: None) -> Callable[[Session], None]:
        def tell(session: Session) -> None:
            values = {"at": NOW, "kind": "test", "subject": name, "to": [], "supervisors": False}
            write_deferred(session, INSERT, values, lambda key: after_commit(session, f"{name} kept"))
            after_commit(session, name)
            verb(session)

        return tell

    together(store, *(grouped(store, telling(name)) for name in "ab"))
    assert sorted(map(str, published)) == ["a", "a kept", "b", "b kept"]
    together(store, grouped(store, telling("c", broken)), grouped(store, telling("d")))
    assert sorted(map(str, published))[4:] == ["d", "d kept"]


def test_a_verb_sees_what_those_before_it_wrote(store: Store) -> None:
    def count(session: Session) -> int:
        values = {"at": NOW, "kind": "test", "subject": "a", "to": [], "supervisors": False}
        write_deferred(session, INSERT, values)
        return len(subjects(session))

    assert together(store, *(grouped(store, count) for _ in range(3))) == [1, 2, 3]


@pytest.mark.parametrize("writers", [1, 3])
def test_those_with_the_same_lock_never_overlap_with_others(
    database_url: str, monkeypatch: pytest.MonkeyPatch, writers: int
) -> None:
    monkeypatch.setattr("callcrm.store.postgres.store.GROUP_WRITERS", writers)
    store = Store(database_url, CLOCK, THREADS)
    inside: list[str] = []
    most: list[int] = []

    def verb(session: Session, lock: str) -> None:
        session.execute(text("SELECT 1"))  # a lock is sent in front of it, and waited for with it
        inside.append(lock)
        most.append(inside.count(lock))
        time.sleep(0.01)
        inside.remove(lock)

    waiting = [
        store.write(partial(verb, lock=lock), deadline=20, lock=lock, settle=bool(n % 3))
        for n in range(12)
        for lock in ("CA1", "CA2", "CA3")
    ]
    assert outcomes(*waiting) == [None] * 36
    assert max(most) == 1
    store.close()


@contextmanager
def held(database_url: str, lock: str) -> Iterator[None]:
    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [advisory_lock_key(lock)])
        yield


@pytest.mark.engine("postgresql")
def test_a_lock_another_process_keeps_holds_up_no_other_verb(store: Store, database_url: str) -> None:
    grouped_first = outcomes(grouped(store, put("first")))
    with held(database_url, "CA1"):
        began = CLOCK.monotonic()
        late, other = together(
            store, grouped(store, put("a"), lock="CA1", deadline=1), grouped(store, put("b"), lock="CA2")
        )
        assert CLOCK.monotonic() - began < 3
        assert outcomes(grouped(store, put("c"), lock="CA3")) == ["c"]
    assert (type(late), other, grouped_first) == (StoreLate, "b", ["first"])
    assert store.read_now(subjects) == ["b", "c", "first"]


@pytest.mark.engine("postgresql")
def test_what_the_server_would_silently_roll_back_is_no_success(store: Store) -> None:
    def swallow(session: Session) -> None:
        put("lost")(session)
        session.flush()
        with suppress(ProgrammingError):
            session.execute(text("SELECT 1 FROM pg_no_such_function()"))

    lost, kept = together(store, grouped(store, swallow), grouped(store, put("kept")))
    assert (type(lost), kept) == (RuntimeError, "kept")
    assert store.read_now(subjects) == ["kept"]


@pytest.mark.engine("postgresql")
def test_a_connection_cut_while_idle_is_not_noticed(store: Store, database_url: str) -> None:
    outcomes(grouped(store, put("a")))
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert outcomes(*(grouped(store, put(name)) for name in "bc")) == ["b", "c"]
    assert outcomes(grouped(store, put("d"))) == ["d"]


def test_a_closed_store_takes_no_more(store: Store) -> None:
    store.close()
    assert [type(result) for result in outcomes(grouped(store, put("a")))] == [StoreDown]
