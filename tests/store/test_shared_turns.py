"""Verbs that must not meet share transactions, and none harms another."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlmodel import Session

from callcrm.base.errors import NotFound
from callcrm.store.errors import StoreOutdated
from callcrm.store.shared_turns import SharedTurns
from callcrm.store.store import Store
from tests.store.verbs import outcomes, put, subjects

NAMES = [f"{number}" for number in range(8)]


def silent(subject: str) -> Callable[[Session], None]:
    def verb(session: Session) -> None:
        put(subject)(session)

    return verb


def refused(_session: Session) -> None:
    raise NotFound("No such call.")


@pytest.fixture
def writes(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The lock of each transaction."""
    locks: list[str | None] = []
    write = store.write

    async def counted(verb: Callable[[Session], Any], *, lock: str | None = None, **options: Any) -> Any:
        locks.append(lock)
        return await write(verb, lock=lock, **options)

    monkeypatch.setattr(store, "write", counted)
    return locks


def test_those_that_come_while_others_are_at_work_share_the_next_turn(
    store: Store, writes: list[str | None]
) -> None:
    turns = SharedTurns(store, "after call", 5)
    assert outcomes(*(turns.run(silent(name)) for name in NAMES)) == [None] * 8
    assert store.read_now(subjects) == NAMES
    assert writes == ["after call"] * len(writes)
    assert len(writes) == {"sqlite": 5, "postgresql": 2}[store.dialect]


def of_a_later_version(session: Session) -> None:
    session.connection().exec_driver_sql("SELECT 1 FROM table_of_a_later_version")


@pytest.mark.parametrize(("verb", "fault"), [(refused, NotFound), (of_a_later_version, StoreOutdated)])
def test_a_verb_that_fails_harms_no_other(
    store: Store, verb: Callable[[Session], None], fault: type[Exception]
) -> None:
    turns = SharedTurns(store, "after call", 5)
    verbs = [silent("a"), silent("b"), verb, silent("c")]
    results = [type(result) for result in outcomes(*map(turns.run, verbs))]
    assert results == [type(None), type(None), fault, type(None)]
    assert store.read_now(subjects) == ["a", "b", "c"]


@dataclass
class Held:
    """A verb that lasts until it is let go."""

    entered: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def __call__(self, _session: Session) -> None:
        self.entered.set()
        self.opened.wait(10)


@pytest.mark.parametrize("canceled", ["at work, alone", "at work, with others", "waiting"])
def test_who_is_canceled_takes_nobody_along(store: Store, canceled: str) -> None:
    first, second = Held(), Held()

    async def run() -> None:
        turns = SharedTurns(store, "after call", 5)
        tasks = [asyncio.create_task(turns.run(verb)) for verb in (first, second, silent("a"), silent("b"))]
        await asyncio.to_thread(first.entered.wait, 10)
        victim = tasks[{"at work, alone": 0, "at work, with others": 1, "waiting": 2}[canceled]]
        if victim is tasks[1]:
            first.opened.set()
            await asyncio.to_thread(second.entered.wait, 10)
        victim.cancel()
        with suppress(asyncio.CancelledError):
            await victim
        first.opened.set()
        second.opened.set()
        await asyncio.wait_for(asyncio.gather(*(task for task in tasks if task is not victim)), 10)

    asyncio.run(run())
    assert {*store.read_now(subjects)} == ({"b"} if canceled == "waiting" else {"a", "b"})
