"""The index is written after the rows, and yet whatever was committed before a search is found by it."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, delete, select, update

from callcrm.base.clock import SystemClock
from callcrm.base.threads import SystemThreads
from callcrm.calls.search import CallQuery, calls
from callcrm.customers import customers
from callcrm.models import Call, Customer, Note
from callcrm.store import store as store_module
from callcrm.store.errors import StoreDown, StoreLate
from callcrm.store.search import catch_up
from callcrm.store.store import Store
from tests.shop import ANA, Shop, at


def found(store: Store, q: str) -> list[str]:
    """The ids of the calls a reader finds."""
    rows = store.read_now(lambda s: calls(s, CallQuery(q=q), region="US", after=None, limit=500))
    return [row.id for row in rows]


def due(store: Store) -> int:
    """How many rows say what is due."""
    return int(
        store.read_now(lambda s: s.connection().execute(text("SELECT count(*) FROM search_due")).scalar_one())
    )


def take_in(store: Store) -> None:
    """Takes in all that is due."""
    while store.write_now(catch_up.catch_up):
        pass


def test_a_write_leaves_the_index_alone_and_the_next_search_finds_it(shop: Shop) -> None:
    call = shop.answered(ANA, 3)
    shop.note(call, "Asked about the duvet.", 4)
    entries = shop.store.read_now(
        lambda s: s.connection().execute(text("SELECT count(*) FROM search_entry")).scalar_one()
    )
    assert entries == 0
    assert due(shop.store) == 3
    assert found(shop.store, "duvet") == [call]
    assert due(shop.store) == 0


def test_what_changes_nothing_that_is_searched_is_not_due(shop: Shop) -> None:
    mina = shop.customer("Mina", ANA)
    call = shop.call(ANA, 3, customer_id=mina)
    take_in(shop.store)
    shop.do(lambda s: s.exec(update(Call).values(last_event_at=at(9), talk_seconds=5, wait_seconds=7)))
    shop.do(lambda s: s.exec(update(Call).values(outcome="abandoned")))
    shop.change(mina, owner_id=None, language="en")
    assert due(shop.store) == 0
    assert found(shop.store, "mina") == [call]


def test_a_search_in_a_verb_that_writes_finds_what_the_verb_wrote(shop: Shop) -> None:
    def verb(session: Session) -> list[str]:
        session.add(
            Customer(id="cus_new", name="Wilma", search_text="wilma", created_at=at(1), updated_at=at(1))
        )
        session.flush()
        return [row.id for row in customers.find(session, q="wilma", region="US")]

    assert shop.do(verb) == ["cus_new"]


def test_all_calls_of_a_renamed_customer_are_found_however_many(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up, "BATCH", 7)
    mina = shop.customer("Mina", ANA)
    made = [shop.call(ANA, number, customer_id=mina) for number in range(40)]
    assert len(found(shop.store, "mina")) == 40
    shop.change(mina, name="Wilma")
    assert due(shop.store) == 2
    assert sorted(found(shop.store, "wilma")) == made
    assert found(shop.store, "mina") == []


def test_what_is_deleted_leaves_no_entry(shop: Shop) -> None:
    call = shop.answered(ANA, 3)
    shop.note(call, "duvet", 4)
    take_in(shop.store)
    shop.do(lambda s: (s.exec(delete(Note)), s.exec(delete(Call))))
    assert found(shop.store, "duvet") == []
    count = text("SELECT count(*) FROM search_entry")
    assert shop.store.read_now(lambda s: s.connection().execute(count).scalar_one()) == 0


def test_killed_in_the_middle_it_is_repeated(shop: Shop) -> None:
    call = shop.answered(ANA, 3)
    shop.note(call, "duvet", 4)

    def verb(session: Session) -> None:
        catch_up.catch_up(session)
        raise KeyboardInterrupt

    before = due(shop.store)
    with pytest.raises(RuntimeError):
        shop.do(verb)
    assert due(shop.store) == before
    assert found(shop.store, "duvet") == [call]


def test_a_backlog_that_takes_too_long_makes_the_search_late(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.answered(ANA, 3)

    async def late(*_: object, **__: object) -> None:
        raise StoreLate("The store took too long.")

    monkeypatch.setattr(shop.store, "write", late)
    wanted = CallQuery(q="duvet")
    with pytest.raises(StoreLate):
        asyncio.run(shop.store.read(lambda s: calls(s, wanted, region="US", after=None, limit=5)))


def test_a_store_that_can_only_be_read_is_searched_by_what_the_index_has(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = shop.answered(ANA, 3)
    take_in(shop.store)
    shop.answered(ANA, 4)

    async def full(*_: object, **__: object) -> None:
        raise StoreDown("The store has a full disk.")

    monkeypatch.setattr(shop.store, "write", full)
    wanted = CallQuery(q="0123")
    rows = asyncio.run(shop.store.read(lambda s: calls(s, wanted, region="US", after=None, limit=5)))
    assert [row.id for row in rows] == [call]


def test_a_search_waits_for_a_part_of_what_a_large_change_leaves_due(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All calls of a customer of years take several seconds, and whoever searches meanwhile would wait."""
    for number in range(3):
        shop.call(ANA, number)
    take_in(shop.store)
    add = "INSERT INTO search_due (kind, subject_id) VALUES ('call', :call)"
    rows = [{"call": f"call_{number % 3 + 1:04}"} for number in range(catch_up.BATCH * 5)]
    shop.do(lambda s: s.connection().execute(text(add), rows))
    monkeypatch.setattr(store_module, "INDEX_PATIENCE", 0.0, raising=False)
    verb = partial(calls, wanted=CallQuery(q="0123"), region="US", after=None, limit=5)
    assert len(asyncio.run(shop.store.read(verb))) == 3
    assert due(shop.store) == catch_up.BATCH * 4
    asyncio.run(shop.store.index_due())
    assert due(shop.store) == 0


def test_nothing_is_written_where_nothing_is_due(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.answered(ANA, 3)
    asyncio.run(shop.store.index_due())
    assert due(shop.store) == 0

    async def refused(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(shop.store, "write", refused)
    asyncio.run(shop.store.index_due())


def test_every_process_finds_what_it_has_just_committed(shop: Shop, database_url: str) -> None:
    """Four stores as of four processes, each of which changes what the others change."""
    call, faults = shop.answered(ANA, 3), list[str]()

    def work(name: int) -> None:
        store = Store(database_url, SystemClock(), SystemThreads())
        try:
            for step in range(12):
                word = f"word{name}x{step}"
                Shop(store).note(call, word, step)
                if found(store, word) != [call]:
                    faults.append(word)
        finally:
            store.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []
    words = [note.search_text for note in shop.store.read_now(lambda s: s.exec(select(Note)).all())]
    assert len(words) == 48
    assert all(found(shop.store, word) == [call] for word in words)


@pytest.mark.engine("postgresql")
def test_one_takes_in_at_a_time(shop: Shop, database_url: str) -> None:
    """Who has read a row before it changed must not write its entry after those who read it later."""
    call = shop.answered(ANA, 3)
    take_in(shop.store)  # or the second would wait for rows of the first, whether there is a lock or not
    first_is_in, second_is_done = threading.Event(), threading.Event()
    order: list[str] = []

    def first(session: Session) -> None:
        catch_up.catch_up(session)
        first_is_in.set()
        second_is_done.wait(0.5)
        order.append("first")

    def second() -> None:
        first_is_in.wait(10)
        other = Store(database_url, SystemClock(), SystemThreads())
        Shop(other).note(call, "duvet", 4)
        assert found(other, "duvet") == [call]
        order.append("second")
        second_is_done.set()
        other.close()

    thread = threading.Thread(target=second)
    thread.start()
    shop.do(first)
    thread.join(30)
    assert order == ["first", "second"]
    assert found(shop.store, "duvet") == [call]


def test_a_search_asks_once_whether_something_is_due(
    shop: Shop, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    shop.answered(ANA, 3)
    take_in(shop.store)

    def verb(session: Session) -> Any:
        for q in ("a", "b", "c"):
            calls(session, CallQuery(q=q), region="US", after=None, limit=5)

    with statements() as sent:
        shop.store.read_now(verb)
    assert len([sql for sql in sent if "search_due" in sql]) == 1
