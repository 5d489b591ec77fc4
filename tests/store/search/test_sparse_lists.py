"""Lists by rare values: not all calls are gone through for the few that have them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert
from sqlmodel import Session

from callcrm.calls import search
from callcrm.calls.search import CallQuery, calls
from callcrm.messages.search import MessageQuery, messages
from callcrm.models import Call, CallState
from callcrm.models.conventions import table_of
from callcrm.store.search import lookup
from tests.shop import ANA, Shop, at
from tests.store.search.test_search_due import take_in
from tests.store.search.test_search_filters import CALL_FILTERS, MESSAGE_FILTERS, QUEUE

MANY, INSTRUCTIONS = 3000, 1000
MOST = 20  # thousands of instructions of SQLite's virtual machine; going through all calls takes 90


@pytest.fixture
def variety(shop: Shop) -> Shop:
    """Calls and messages of every sort, several in one second."""
    gold = shop.customer("Mina", "+12025550124", tier="gold")
    for number in range(24):
        values: dict[str, Any] = {
            "direction": "outbound" if number % 5 == 0 else "inbound",
            "outcome": None if number % 7 == 0 else "no_answer" if number % 3 else "answered",
            "state": "in_progress" if number % 7 == 0 else "ended",
            "queue": QUEUE if number % 4 else "sales",
            "language": "fa" if number % 6 == 0 else "en",
            "wait_seconds": 200 if number % 8 == 0 else 4,
            "agent_id": "user_b" if number % 2 else "user_a",
            "customer_id": gold if number % 9 == 0 else None,
        }
        call = shop.call(ANA, number // 2, **values)
        if number % 3 == 0:
            shop.recording(call, number)
        shop.message(
            ANA,
            number // 2,
            direction="outbound" if number % 4 else "inbound",
            channel="whatsapp" if number % 3 else "sms",
            status="failed" if number % 5 else "sent",
            party=ANA,
        )
    return shop


def _walk(shop: Shop, find: Callable[..., Sequence[Any]], wanted: Any, at_of: str, back: bool) -> list[str]:
    """The ids of all that match, page by page."""
    ids, after = list[str](), None
    for _ in range(30):
        verb = partial(find, wanted=wanted, region="US", after=after, limit=3, back=back)
        page = shop.store.read_now(verb)
        if not page:
            return ids
        ids += [row.id for row in page]
        after = (getattr(page[-1], at_of), page[-1].id)
    raise AssertionError("it does not end")


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("name", CALL_FILTERS)
def test_calls_beyond_the_stretch_are_listed_as_those_within_it(
    variety: Shop, monkeypatch: pytest.MonkeyPatch, name: str, back: bool
) -> None:
    wanted = CallQuery(**CALL_FILTERS[name])
    every = _walk(variety, calls, wanted, "started_at", back)
    monkeypatch.setattr(lookup, "STRETCH", 2)
    assert _walk(variety, calls, wanted, "started_at", back) == every
    assert every == sorted(every, reverse=not back)
    assert 0 < len(every) <= 24 or name == "lost and outbound"


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("name", MESSAGE_FILTERS)
def test_and_messages(variety: Shop, monkeypatch: pytest.MonkeyPatch, name: str, back: bool) -> None:
    wanted = MessageQuery(**MESSAGE_FILTERS[name])
    every = _walk(variety, messages, wanted, "created_at", back)
    monkeypatch.setattr(lookup, "STRETCH", 2)
    assert _walk(variety, messages, wanted, "created_at", back) == every
    assert 0 < len(every) <= 24


def _many(session: Session) -> None:
    """Many ended calls, of which none is rare."""
    ended: dict[str, Any] = {
        "carrier": "twilio",
        "direction": "inbound",
        "state": CallState.ENDED,
        "ivr_path": [],
    }
    ended |= {"outcome": "answered", "queue": "sales", "language": "en", "wait_seconds": 4}
    rows = [
        {**ended, "id": f"call_{number:05}", "carrier_sid": f"CA{number:05}", "started_at": at(number / 60)}
        for number in range(MANY)
    ]
    session.connection().execute(insert(table_of(Call)), rows)


def _instructions(verb: Callable[[Session], object], session: Session) -> int:
    """Thousands of instructions that SQLite runs for the verb."""
    driver: Any = session.connection().connection.driver_connection
    looks = list[int]()
    driver.set_progress_handler(lambda: looks.append(1), INSTRUCTIONS)
    verb(session)
    driver.set_progress_handler(None, 0)
    return len(looks)


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    "filters",
    [
        {"outcome": "busy"},
        {"queue": "support"},
        {"language": "fa"},
        {"tier": "gold"},
        {"direction": "outbound"},
        {"recorded": True},
        {"lost": True},
        {"waited": 120},
        {"outcome": "answered", "language": "fa"},
        {"state": "ended"},
    ],
)
def test_few_among_many_are_found_without_going_through_all(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, filters: dict[str, Any]
) -> None:
    shop.do(_many)
    take_in(shop.store)
    monkeypatch.setattr(lookup, "STRETCH", 50, raising=False)
    wanted = CallQuery(**filters)
    verb = partial(calls, wanted=wanted, region="US", after=None, limit=5)
    assert shop.store.write_now(partial(_instructions, verb)) <= MOST
    newer = partial(search.newer, wanted=wanted, region="US", than=(at(-1), ""), most=5)
    assert shop.store.write_now(partial(_instructions, newer)) <= MOST
