"""PostgreSQL alone: races, lost connections, a crashed server, statements that never end."""

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psycopg
import pytest
from sqlalchemy import delete, event, make_url, text, update
from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session, col, select

from callcrm.models import Customer, IdempotencyKey, LiveEvent, User
from callcrm.store import migrate
from callcrm.store.postgres import transactors
from callcrm.store.store import Store, StoreDown, StoreLate, StoreUndecided
from callcrm.store.worker_session import WorkerSession
from tests import postgres_server
from tests.clocks import CLOCK, THREADS
from tests.store.slow_commits import failing_commit
from tests.store.verbs import ALL_WRITERS, NOW, outcomes, put, subjects

pytestmark = pytest.mark.engine("postgresql")


def backend(session: Session) -> int:
    pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    assert isinstance(pid, int)
    return pid


def test_who_loses_a_race_is_run_again_and_sees_the_winner(store: Store) -> None:
    runs: list[str] = []
    both = threading.Barrier(2, timeout=5)

    def first_come(name: str) -> str:
        def verb(session: Session) -> str:
            runs.append(name)
            row = session.get(IdempotencyKey, "key")
            if row is not None:
                return row.request_hash
            both.wait()
            session.add(IdempotencyKey(key="key", request_hash=name, created_at=NOW))
            return name

        return str(store.write_now(verb))

    results: list[str] = []
    threads = [
        threading.Thread(target=lambda name=name: results.append(first_come(name))) for name in ("a", "b")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(results)) == 1
    assert len(runs) == 3


def _user() -> User:
    return User(id="u1", email="ana@example.test", name="Ana", role="agent", created_at=NOW)


def _customer(owner_id: str | None) -> Customer:
    return Customer(
        id="c1", name="Mina", search_text="mina", owner_id=owner_id, created_at=NOW, updated_at=NOW
    )


def test_who_names_a_row_deleted_meanwhile_is_run_again_and_sees_it_gone(store: Store) -> None:
    store.write_now(lambda session: session.add(_user()))

    def add_customer(session: Session) -> str | None:
        owner_id = session.exec(select(User.id)).first()
        if owner_id:
            store.write_now(lambda other: other.delete(other.get_one(User, owner_id)))
        session.add(_customer(owner_id))
        session.flush()
        return owner_id

    assert store.write_now(add_customer) is None


def test_who_deletes_a_row_named_meanwhile_is_run_again_and_sees_who_names_it(store: Store) -> None:
    store.write_now(lambda session: session.add(_user()))
    runs: list[int] = []

    def delete_user(session: Session) -> None:
        owned = session.exec(select(Customer)).all()
        runs.append(len(owned))
        if not owned:
            store.write_now(lambda other: other.add(_customer("u1")))
        for customer in owned:
            customer.owner_id = None
        session.flush()
        session.execute(delete(User))

    store.write_now(delete_user)
    assert runs == [0, 1]


def test_a_deadlock_is_run_again(store: Store) -> None:
    for name in ("a", "b"):
        store.write_now(put(name))
    held = {"a": threading.Event(), "b": threading.Event()}

    def touch(session: Session, name: str) -> None:
        session.execute(update(LiveEvent).where(col(LiveEvent.subject) == name).values(kind="touched"))

    def cross(first: str, second: str) -> None:
        def verb(session: Session) -> None:
            touch(session, first)
            held[first].set()
            assert held[second].wait(10)
            touch(session, second)

        store.write_now(verb)

    threads = [threading.Thread(target=cross, args=names) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read_now(lambda s: s.exec(select(LiveEvent.kind)).all()) == ["touched", "touched"]


def test_what_the_server_would_silently_roll_back_is_no_success(store: Store) -> None:
    def swallow(session: Session) -> None:
        put("lost")(session)
        session.flush()
        with suppress(ProgrammingError):
            session.execute(text("SELECT 1 FROM pg_no_such_function()"))

    with pytest.raises(RuntimeError, match="swallowed"):
        store.write_now(swallow)
    assert store.read_now(subjects) == []


def test_a_commit_whose_answer_is_lost_is_asked_after(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with failing_commit(monkeypatch, after=0, done=True):
        assert store.write_now(put("kept")) == "kept"
    assert store.read_now(subjects) == ["kept"]


def test_a_commit_that_was_not_carried_out_is_no_success(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with failing_commit(monkeypatch, after=0), pytest.raises(StoreDown) as down:
        store.write_now(put("lost"))
    assert type(down.value) is StoreDown
    assert store.read_now(subjects) == []


@pytest.mark.parametrize("done", [True, False])
def test_a_commit_nobody_can_ask_after_is_undecided(
    store: Store, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    monkeypatch.setattr(transactors, "FINDING_OUT", 0.2)
    scalar = WorkerSession.scalar

    def forgetful(session: WorkerSession, sql: str) -> object:
        return None if "pg_xact_status" in sql else scalar(session, sql)

    monkeypatch.setattr(WorkerSession, "scalar", forgetful)
    with failing_commit(monkeypatch, after=0, done=done):
        (form,) = outcomes(store.write(put("a")))
        (call,) = outcomes(store.write(put("b"), settle=False))
    assert [type(form), type(call)] == [StoreUndecided, StoreUndecided]
    assert (form.value, call.value) == ("a", "b")
    assert store.read_now(subjects) == (["a", "b"] if done else [])


def test_a_connection_cut_while_idle_is_not_noticed(store: Store, database_url: str) -> None:
    outcomes(*(store.write(put("a")) for _ in range(ALL_WRITERS)))
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert {type(result) for result in outcomes(*(store.write(put("b")) for _ in range(ALL_WRITERS)))} == {
        str
    }


def test_a_connection_cut_amid_a_verb_is_an_outage(store: Store, database_url: str) -> None:
    def cut(session: Session) -> None:
        put("lost")(session)
        session.flush()
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [backend(session)])
        time.sleep(0.1)
        session.execute(text("SELECT 1"))

    with pytest.raises(StoreDown):
        store.write_now(cut)
    assert store.write_now(put("next")) == "next"
    assert store.read_now(subjects) == ["next"]


def test_a_statement_that_never_ends_is_ended_at_the_deadline(store: Store) -> None:
    results = outcomes(
        *(
            store.write(lambda s: s.execute(text("SELECT pg_sleep(600)")), deadline=0.3)
            for _ in range(ALL_WRITERS)
        )
    )
    assert {type(result) for result in results} == {StoreLate}
    assert store.write_now(put("next")) == "next"


def test_a_lock_somebody_keeps_costs_no_more_than_the_deadline(store: Store, database_url: str) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE live_event")
        (late,) = outcomes(store.write(put("a"), deadline=0.3))
        assert isinstance(late, StoreLate)  # though the lock is kept still
    assert store.write_now(put("next")) == "next"


def test_commits_wait_for_the_disk_whatever_the_database_is_set_to(store: Store, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute(f"ALTER DATABASE {make_url(database_url).database} SET synchronous_commit = off")
    assert store.write_now(lambda s: s.execute(text("SHOW synchronous_commit")).scalar()) == "on"


def test_a_server_that_is_not_there_is_an_outage_told_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    store = Store(f"postgresql://nobody@127.0.0.1:{port}/none", CLOCK, THREADS)
    tries: list[object] = []
    event.listen(store.engine, "do_connect", lambda *_: tries.append(None))
    assert {type(result) for result in outcomes(*(store.write(put("a")) for _ in range(100)))} == {StoreDown}
    assert 1 <= len(tries) <= 3 * ALL_WRITERS  # nobody waits to find out again
    store.close()


@pytest.fixture(scope="module")
def own_server() -> Iterator[str]:
    with postgres_server.running(quick=False) as url:
        migrate.upgrade(url, CLOCK)
        yield url


def checkpointer(session: Session) -> int:
    """Another one after each crash, while the server itself stays the same process."""
    query = text("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
    pid = session.execute(query).scalar_one_or_none()
    return pid or 0


Write = Callable[[Store, str], str]


def _alone(store: Store, subject: str) -> str:
    return store.write_now(put(subject))


def _in_a_group(store: Store, subject: str) -> str:
    return asyncio.run(store.write(put(subject), settle=False))


def written_through_a_crash(store: Store, write: Write) -> list[str]:
    """What was acknowledged before the crash and after the recovery, which comes within moments.

    Nobody may notice it: a verb whose COMMIT the crash has cut off is asked after, and counts as done.
    """
    acknowledged: list[str] = []
    before, victim = store.read_now(checkpointer), store.read_now(backend)
    threading.Timer(0.3, os.kill, (victim, signal.SIGKILL)).start()
    until = CLOCK.monotonic() + 30
    recovered = False
    while not recovered:
        assert CLOCK.monotonic() < until, "it never came back"
        try:
            acknowledged.append(write(store, f"{write.__name__} {len(acknowledged):06}"))
            recovered = store.read_now(checkpointer) not in (0, before)
        except StoreDown:
            time.sleep(0.02)
    return acknowledged


@pytest.mark.parametrize("write", [_alone, _in_a_group])
def test_a_crash_of_the_server_loses_nothing_acknowledged_and_is_recovered_from(
    own_server: str, write: Write
) -> None:
    store = Store(own_server, CLOCK, THREADS)
    acknowledged = written_through_a_crash(store, write)
    assert set(acknowledged) <= set(store.read_now(subjects))
    store.close()


def test_the_url_of_settings_is_understood(own_server: str) -> None:
    url = make_url(own_server).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    store = Store(url, CLOCK, THREADS)
    assert store.dialect == "postgresql"
    assert isinstance(store.read_now(backend), int)
    store.close()
