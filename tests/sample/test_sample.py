"""`callcrm sample`: a store of invented people, the same for the same seed, true to its own ledger."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import phonenumbers
import pytest
from sqlalchemy import select
from sqlmodel import Session, SQLModel

from callcrm.base.errors import Refused
from callcrm.base.ids import derived_id
from callcrm.calls.rebuild import rebuild, roots
from callcrm.calls.runtime import CallRuntime, build_runtime
from callcrm.crm.seams import SEAMS
from callcrm.models import Call, Customer, CustomerPhone, Note, Outcome, Promise, PromiseState, User
from callcrm.sample.batches import call_starts
from callcrm.sample.fill import fill_store
from callcrm.store import migrate
from callcrm.store.store import Store
from tests.clocks import CLOCK, THREADS, SetClock
from tests.running_app import proven_flows, settings_for

CALLS, CUSTOMERS = 1200, 60
DERIVED = ("call", "leg", "recording", "promise", "consent", "note", "carrier_event")
Fill = Callable[..., Store]


@pytest.fixture
def runtime(database_url: str, tmp_path: Path) -> CallRuntime:
    settings = settings_for(database_url, tmp_path)
    return build_runtime(settings, proven_flows(settings.flows))


@pytest.fixture
def filled(runtime: CallRuntime, clock: SetClock, store: Store) -> Store:
    """A store with a sample."""
    store.close()
    fill_store(clock, runtime, calls=CALLS, customers=CUSTOMERS, seed=7)
    return Store(store.url, CLOCK, THREADS)


def _rows(session: Session, name: str) -> list[dict[str, Any]]:
    table = SQLModel.metadata.tables[name]
    rows = session.connection().execute(select(table)).mappings()
    return sorted((dict(row) for row in rows), key=repr)


def _end(verb: Callable[..., None], runtime: CallRuntime, call: str, now: datetime, session: Session) -> None:
    verb(session, runtime, call, now)


def _values(store: Store, column: Any) -> list[Any]:
    return store.read_now(lambda session: list(session.connection().execute(select(column)).scalars()))


def _all_rows(session: Session) -> dict[str, list[dict[str, Any]]]:
    return {name: _rows(session, name) for name in SQLModel.metadata.tables}


def test_it_has_so_many_calls_of_so_many_customers(filled: Store) -> None:
    counts = [len(_values(filled, model)) for model in (Call.id, Customer.id)]
    assert counts == [CALLS, CUSTOMERS]


def test_a_rebuild_of_the_ledger_leaves_every_row_as_it_is(filled: Store, runtime: CallRuntime) -> None:
    now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    before = filled.read_now(lambda session: {name: _rows(session, name) for name in DERIVED})
    some = filled.read_now(roots)[:: 1 if filled.dialect == "sqlite" else 7]
    assert some
    for root in some:
        assert filled.write_now(partial(rebuild, runtime=runtime, root_sid=root, now=now))
        call_id = derived_id("call", root)
        for verb in [noun.call_ended for noun in SEAMS.nouns if noun.call_ended]:
            filled.write_now(partial(_end, verb, runtime, call_id, now))
    after = filled.read_now(lambda session: {name: _rows(session, name) for name in DERIVED})
    for name in DERIVED:
        assert after[name] == before[name], name


@pytest.mark.engine("sqlite")
def test_the_same_seed_makes_the_same_store(
    runtime: CallRuntime, clock: SetClock, filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = filled.read_now(_all_rows)
    for seed, aside_from, same in ((7, 10_000, True), (7, 1, True), (8, 10_000, False)):
        monkeypatch.setattr("callcrm.sample.fill.ASIDE_FROM", aside_from)
        url = f"sqlite:///{tmp_path}/again{seed}-{aside_from}.sqlite3"
        migrate.upgrade(url, CLOCK)
        runtime.settings.database_url = url
        fill_store(clock, runtime, calls=CALLS, customers=CUSTOMERS, seed=seed)
        store = Store(url, CLOCK, THREADS)
        assert (store.read_now(_all_rows) == rows) is same
        store.close()


def test_its_newest_call_is_a_day_old(filled: Store, clock: SetClock) -> None:
    newest = max(_values(filled, Call.started_at))
    assert newest == clock.now() - timedelta(days=1)


def test_every_number_is_reserved_or_of_an_exchange_there_is_not(filled: Store) -> None:
    numbers = _values(filled, CustomerPhone.e164)
    invented = [n for n in numbers if n[5:10] == "55501" or n[5:9] == "0000"]
    assert invented == numbers
    assert all(phonenumbers.parse(number) for number in numbers)


def test_customers_and_notes_speak_both_languages(filled: Store) -> None:
    names, notes = _values(filled, Customer.name), _values(filled, Note.body)
    for texts in (names, notes):
        ascii_texts = [text for text in texts if text.isascii()]
        assert 0 < len(ascii_texts) < len(texts)


def test_calls_end_in_every_usual_way_and_some_promises_are_open(filled: Store) -> None:
    outcomes = set(_values(filled, Call.outcome))
    assert outcomes == {Outcome.ANSWERED, Outcome.ABANDONED, Outcome.VOICEMAIL, Outcome.CALLBACK}
    states = set(_values(filled, Promise.state))
    assert states == set(PromiseState)


def test_a_store_that_has_calls_is_refused(filled: Store, runtime: CallRuntime, clock: SetClock) -> None:
    filled.close()
    with pytest.raises(Refused, match="has calls"):
        fill_store(clock, runtime, calls=10, customers=2, seed=1)


def test_a_fill_that_breaks_off_leaves_nothing(
    runtime: CallRuntime, clock: SetClock, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()

    def break_off(*_: object) -> Iterator[datetime]:
        yield clock.now()
        raise KeyboardInterrupt

    monkeypatch.setattr("callcrm.sample.batches.call_starts", break_off)
    with pytest.raises(KeyboardInterrupt):
        fill_store(clock, runtime, calls=2, customers=2, seed=1)
    again = Store(store.url, CLOCK, THREADS)
    assert _values(again, User.id) == []
    again.close()


def test_every_index_is_there_again(filled: Store, clock: SetClock) -> None:
    migrate.check(filled.url, clock)


@pytest.mark.engine("sqlite")
def test_a_store_in_use_is_refused(runtime: CallRuntime, clock: SetClock, store: Store) -> None:
    assert _values(store, Call.id) == []
    with pytest.raises(Refused, match="stop it first"):
        fill_store(clock, runtime, calls=10, customers=2, seed=1)


@pytest.mark.parametrize("count", [1, 39, 40, 5000])
def test_starts_are_as_many_as_asked_for_and_in_order(count: int, clock: SetClock) -> None:
    starts = list(call_starts(Random(1), count, clock.now()))
    assert len(starts) == count
    assert starts == sorted(starts)
    assert starts[-1] == clock.now() - timedelta(days=1)
