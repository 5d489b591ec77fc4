"""What the door promises on both engines."""

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from callcrm.base.errors import NotFound, Refused, Unavailable
from callcrm.base.threads import SystemThreads
from callcrm.models import IdempotencyKey, LiveEvent, User
from callcrm.store.errors import translate_error
from callcrm.store.store import COMMIT_TIMEOUT, Store, StoreDown, StoreLate, StoreUndecided, after_commit
from callcrm.store.upsert import insert_if_absent
from tests.clocks import CLOCK, THREADS, SteadyClock
from tests.store.verbs import NOW, Gate, outcomes, put, subjects


def test_what_was_written_is_read(store: Store) -> None:
    asyncio.run(store.write(put("a")))
    assert asyncio.run(store.read(subjects)) == ["a"]


def test_the_answer_is_the_verbs(store: Store) -> None:
    assert store.write_now(put("a")) == "a"


def test_objects_are_usable_after_their_session(store: Store) -> None:
    def verb(session: Session) -> LiveEvent:
        event = LiveEvent(at=NOW, kind="test", subject="a")
        session.add(event)
        return event

    written = store.write_now(verb)
    read = store.read_now(lambda s: s.exec(select(LiveEvent)).one())
    assert (written.id, written.subject) == (read.id, read.subject)
    assert read.at == NOW


def test_a_raising_verb_does_not_harm_its_neighbours(store: Store) -> None:
    def bad(session: Session) -> None:
        put("bad")(session)
        session.flush()
        raise NotFound("No such thing.")

    results = outcomes(*(store.write(put(f"{n:02}") if n % 3 else bad) for n in range(30)))
    assert [type(result) for result in results] == [str if n % 3 else NotFound for n in range(30)]
    assert store.read_now(subjects) == [f"{n:02}" for n in range(30) if n % 3]


def test_a_failed_flush_does_not_harm_its_neighbours(store: Store) -> None:
    def clash(session: Session) -> None:
        session.add(User(id="usr_1", email="a@example.com", name="Ana", role="agent", created_at=NOW))

    results = outcomes(store.write(put("a")), store.write(clash), store.write(clash), store.write(put("b")))
    assert [type(result) for result in results if result is not None] == [str, IntegrityError, str]
    assert store.read_now(subjects) == ["a", "b"]


def test_thirty_two_writers_lose_nothing(store: Store) -> None:
    results = outcomes(*(store.write(put(f"{n:03}"), deadline=20) for n in range(32 * 8)))
    assert results == store.read_now(subjects) == [f"{n:03}" for n in range(32 * 8)]


def test_one_of_many_who_insert_the_same_wins(store: Store) -> None:
    def once(session: Session) -> bool:
        row = {"key": "a", "request_hash": "b", "created_at": NOW}
        return insert_if_absent(session, IdempotencyKey, "key", **row) is not None

    assert sorted(outcomes(*(store.write(once, deadline=20) for _ in range(32)))) == [False] * 31 + [True]


def test_verbs_with_the_same_lock_never_overlap(store: Store) -> None:
    inside: list[int] = []
    most: list[int] = []

    def verb(session: Session) -> None:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.01)
        inside.pop()

    outcomes(*(store.write(verb, deadline=20, lock="CA1") for _ in range(16)))
    assert max(most) == 1


def test_a_verb_that_waited_past_its_deadline_never_runs(store: Store) -> None:
    with Gate(store):
        (late,) = outcomes(store.write(put("late"), deadline=0.1))
    assert isinstance(late, StoreLate)
    store.write_now(put("next"))
    assert store.read_now(subjects) == ["next"]


@pytest.mark.parametrize("settle", [True, False])
def test_a_verb_that_is_slower_than_its_deadline_leaves_nothing(
    store: Store, published: list[object], settle: bool
) -> None:
    answered = threading.Event()

    def slow(session: Session) -> None:
        put("slow")(session)
        after_commit(session, "slow")
        session.flush()
        assert answered.wait(30)

    (late,) = outcomes(store.write(slow, deadline=0.1, lock="one", settle=settle))
    answered.set()  # the verb is at it still
    assert type(late) is StoreLate
    store.write_now(put("after it"), lock="one")
    assert (store.read_now(subjects), published) == (["after it"], [])


def test_a_slow_verb_undoes_nothing_of_its_neighbours(store: Store) -> None:
    def slow(session: Session) -> None:
        put("slow")(session)
        session.flush()
        time.sleep(0.3)

    with Gate(store) as gate:
        results = _started_together(
            gate,
            store.write(put("before"), deadline=20),
            store.write(slow, deadline=0.4),
            store.write(put("after"), deadline=20),
        )
    assert [type(result) for result in results] == [str, StoreLate, str]
    assert store.read_now(subjects) == ["after", "before"]


def _started_together(gate: Gate, *waiting: Coroutine[Any, Any, Any]) -> list[Any]:
    """What became of these, which are all queued before a worker is free for them."""

    async def run() -> list[Any]:
        asyncio.get_running_loop().call_later(0.2, gate.open)
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(run())


def test_what_is_being_committed_at_the_deadline_is_waited_for(
    store: Store, slow_commit: Callable[[float], None]
) -> None:
    slow_commit(0.6)
    assert outcomes(store.write(put("form"), deadline=0.3)) == ["form"]
    assert store.write_now(put("thread"), deadline=0.3) == "thread"
    assert store.read_now(subjects) == ["form", "thread"]


class HundredthThreads(SystemThreads):
    """Threads that wait a hundredth of the time."""

    def wait(self, future: concurrent.futures.Future[Any], seconds: float) -> bool:
        return super().wait(future, seconds / 100)


def test_a_commit_that_does_not_end_is_waited_for_a_minute(
    database_url: str, slow_commit: Callable[[float], None]
) -> None:
    clock = SteadyClock()
    store = Store(database_url, clock, HundredthThreads())

    async def form() -> object:
        waiting = asyncio.create_task(store.write(put("form"), deadline=0.2))
        await asyncio.sleep(0.5)
        assert not waiting.done()
        clock.skip(COMMIT_TIMEOUT)
        (result,) = await asyncio.gather(waiting, return_exceptions=True)
        return result

    slow_commit(2)
    began = CLOCK.monotonic()
    undecided = asyncio.run(form())
    assert CLOCK.monotonic() - began < 1.5
    assert isinstance(undecided, StoreUndecided)
    slow_commit(4)
    with pytest.raises(StoreUndecided) as thread:
        store.write_now(put("thread"), deadline=300)
    assert (undecided.value, thread.value.value) == ("form", "thread")
    slow_commit(0)
    store.write_now(put("next"), deadline=2000)
    assert store.read_now(subjects, deadline=2000) == ["form", "next", "thread"]
    store.close()


def test_a_caller_leaves_at_the_deadline_with_what_is_being_committed(
    store: Store, slow_commit: Callable[[float], None]
) -> None:
    slow_commit(0.6)
    began = CLOCK.monotonic()
    (undecided,) = outcomes(store.write(put("call"), deadline=0.2, settle=False))
    assert CLOCK.monotonic() - began < 0.5
    assert (type(undecided), undecided.value) == (StoreUndecided, "call")
    store.write_now(put("next"))
    assert store.read_now(subjects) == ["call", "next"]


def test_a_thread_that_waits_is_told_of_its_deadline_too(store: Store) -> None:
    with pytest.raises(StoreLate):
        store.write_now(lambda s: time.sleep(0.5), deadline=0.1)


def test_a_waiter_that_has_gone_is_not_served(store: Store) -> None:
    async def go_away() -> None:
        waiting = asyncio.create_task(store.write(put("gone")))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    with Gate(store):
        asyncio.run(go_away())
    store.write_now(put("next"))
    assert store.read_now(subjects) == ["next"]


def test_too_many_waiting_is_refused_at_once(store: Store) -> None:
    with Gate(store):
        results = outcomes(*(store.write(put("a"), deadline=0.5) for _ in range(1200)))
    assert {type(result) for result in results} == {StoreDown, StoreLate}


def test_a_slow_read_ends_at_its_deadline_and_frees_its_thread(store: Store) -> None:
    slow = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
    results = outcomes(*(store.read(lambda s: s.execute(slow).scalar(), deadline=0.2) for _ in range(12)))
    assert {type(result) for result in results} == {StoreLate}
    assert store.read_now(subjects) == []


def test_a_reader_can_not_write(store: Store) -> None:
    with pytest.raises(StoreDown, match="read-only"):
        store.read_now(put("a"))
    assert store.read_now(subjects) == []


def test_a_reader_that_raises_keeps_its_connection(store: Store) -> None:
    def missing(session: Session) -> None:
        session.execute(text("SELECT 1"))
        raise NotFound("No such thing.")

    opened: list[object] = []
    event.listen(store.engine, "connect", lambda connection, _: opened.append(connection))
    for _ in range(12):
        with pytest.raises(NotFound):
            store.read_now(missing)
    assert 1 <= len(opened) <= 4


def test_a_read_sees_one_moment(store: Store) -> None:
    def twice(session: Session) -> tuple[list[str], list[str]]:
        before = subjects(session)
        store.write_now(put("meanwhile"))
        return before, subjects(session)

    assert store.read_now(twice) == ([], [])


def test_news_is_published_once_it_is_durable(store: Store, published: list[object]) -> None:
    def verb(session: Session) -> None:
        put("a")(session)
        after_commit(session, "news")
        assert published == []

    store.write_now(verb)
    assert published == ["news"]


def test_news_of_a_failed_verb_is_never_published(store: Store, published: list[object]) -> None:
    def verb(session: Session) -> None:
        after_commit(session, "news")
        raise NotFound("No such thing.")

    with pytest.raises(NotFound):
        store.write_now(verb)
    store.write_now(put("next"))
    assert published == []


def test_a_fault_in_publishing_undoes_no_answer(database_url: str) -> None:
    def broken(events: list[object]) -> None:
        raise RuntimeError

    store = Store(database_url, CLOCK, THREADS, on_commit=broken)
    store.write_now(lambda s: after_commit(s, "news"))
    store.close()


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_a_verb_may_not_end_the_transaction(store: Store, end: str) -> None:
    with pytest.raises(RuntimeError, match="never"):
        store.write_now(lambda s: getattr(s, end)())


def test_a_verb_may_not_swallow_a_failed_statement(store: Store) -> None:
    def verb(session: Session) -> None:
        for _ in range(2):
            session.add(User(id="usr_1", email="a@example.com", name="Ana", role="agent", created_at=NOW))
            try:
                session.flush()
            except IntegrityError:
                put("swallowed")

    with pytest.raises(Exception, match=r"swallowed|rolled back"):
        store.write_now(verb)
    assert store.write_now(put("next")) == "next"
    assert store.read_now(subjects) == ["next"]


def test_a_verb_may_try_within_a_savepoint(store: Store) -> None:
    def verb(session: Session) -> str:
        put("kept")(session)
        try:
            with session.begin_nested():
                put("undone")(session)
                raise KeyError
        except KeyError:
            return "caught"

    assert store.write_now(verb) == "caught"
    assert store.read_now(subjects) == ["kept"]


def test_nothing_a_verb_raises_ends_the_threads(store: Store) -> None:
    def stop(session: Session) -> None:
        raise StopIteration

    def leave(session: Session) -> None:
        raise SystemExit

    results = outcomes(store.write(stop), store.write(leave), store.write(put("next")))
    assert [type(result) for result in results] == [RuntimeError, RuntimeError, str]


BAD_VALUES: dict[str, Callable[[], LiveEvent]] = {
    "NUL": lambda: LiveEvent(at=NOW, kind="test", subject="a\0b"),
    "too long": lambda: LiveEvent(at=NOW, kind="test", subject="x" * 65),
    "lone surrogate": lambda: LiveEvent(at=NOW, kind="test", subject="\ud800"),
    "too large": lambda: LiveEvent(id=2**31, at=NOW, kind="test", subject="a"),
}


@pytest.mark.parametrize("fault", BAD_VALUES)
def test_a_value_that_does_not_fit_is_refused_alike(store: Store, fault: str) -> None:
    def verb(session: Session) -> None:
        session.add(BAD_VALUES[fault]())

    with pytest.raises(Refused) as refusal:
        store.write_now(verb)
    assert not isinstance(refusal.value, Unavailable)
    assert store.write_now(put("next")) == "next"


def test_text_fits_by_its_characters_not_its_bytes(store: Store) -> None:
    store.write_now(put("س" * 64))
    assert store.read_now(subjects) == ["س" * 64]


def test_a_missing_table_is_an_old_schema(store: Store) -> None:
    with pytest.raises(StoreDown, match="schema"):
        store.read_now(lambda s: s.execute(text("SELECT * FROM nowhere")))


def test_what_was_queued_before_closing_is_served(store: Store) -> None:
    results: list[Any] = []
    with Gate(store) as gate:
        writer = threading.Thread(target=lambda: results.append(store.write_now(put("queued"))))
        writer.start()
        time.sleep(0.1)
        closer = threading.Thread(target=store.close)
        closer.start()
        gate.open()
    writer.join()
    closer.join()
    assert results == ["queued"]


def test_a_closed_store_takes_no_more(store: Store) -> None:
    store.close()
    with pytest.raises(StoreDown):
        store.read_now(subjects)


def test_statements_can_be_counted(store: Store, statements: Callable[[], Any]) -> None:
    with statements() as seen:
        store.write_now(put("a"))
    assert len(seen) == 1


def test_a_verbs_own_error_stays_its_own() -> None:
    error = NotFound("No such thing.")
    assert translate_error(error) is error
