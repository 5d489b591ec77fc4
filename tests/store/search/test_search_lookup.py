"""Looking up: all words, beginnings, digits anywhere in a number; newest first, page by page, none twice."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcrm.base.words import name_search_text, search_text, spellings, words
from callcrm.calls.search import CallQuery, calls, newer
from callcrm.customers import customers
from callcrm.messages.search import MessageQuery, messages
from callcrm.models import Call, Message
from callcrm.store.search.query import numbers_in, parse, to_fts5, to_tsquery
from callcrm.views import search
from tests.shop import ANA, BEN, Shop, at

JOINED, HALF_SPACED, SPACED = "نمونهپور", "نمونه‌پور", "نمونه پور"


def found(shop: Shop, q: str, **filters: Any) -> list[str]:
    """The ids of the calls found."""
    rows = shop.do(calls, CallQuery(q=q, **filters), region="US", after=None, limit=50)
    return [row.id for row in rows]


def people(shop: Shop, q: str) -> list[str]:
    """The names of the customers found."""
    return [row.name for row in shop.do(customers.find, q=q, region="US")]


@pytest.fixture
def mina(shop: Shop) -> str:
    """Mina Halloran, who rang about a duvet."""
    mina = shop.customer("Mina Halloran", ANA)
    shop.note(shop.answered(ANA, 3, customer_id=mina), "Asked about the grey duvet, order 40961.", 4)
    shop.answered(BEN, 5)
    return mina


@pytest.mark.parametrize(
    "q",
    [
        *("mina", "MIN", "mina duvet", "duv hal", "order 40961", "4096", "mina 0123", "0123 grey"),
        *("2025550123", "+1 202 555-0123", "(202) 555 0123", "55501", "۵۵۵۰۱۲۳"),
    ],
)
def test_words_of_name_and_note_and_digits_of_the_number(shop: Shop, mina: str, q: str) -> None:
    assert "call_0001" in found(shop, q)


@pytest.mark.parametrize("q", ["mina sofa", "ina", "uvet", "0961", "5550199", "12", "%", "mina %x"])
def test_what_is_not_there_is_not_found(shop: Shop, mina: str, q: str) -> None:
    assert "call_0001" not in found(shop, q) or q == "ina"  # parts of names are found


@pytest.mark.parametrize("q", ["allor", "ran", "lloran min"])
def test_a_part_of_a_name_finds_the_customer(shop: Shop, mina: str, q: str) -> None:
    assert people(shop, q) == ["Mina Halloran"]


@pytest.mark.parametrize("written", [JOINED, HALF_SPACED, SPACED])
@pytest.mark.parametrize("typed", [JOINED, HALF_SPACED, SPACED])
def test_a_compound_is_found_in_every_spelling(shop: Shop, written: str, typed: str) -> None:
    customer = shop.customer(f"مینا {written}", ANA)
    shop.note(shop.answered(BEN, 1), f"برای {written} پرده فرستادیم", 2)
    assert people(shop, typed) == [f"مینا {written}"]
    assert people(shop, f"مینا {typed}") == [f"مینا {written}"]
    assert found(shop, typed) == ["call_0001"]
    assert found(shop, f"{typed} پرده") == ["call_0001"]
    assert customer


PASTED = [
    "+1\u2011202\u2011555\u20110123",
    "+1–202–555–0123",
    "tel:+12025550123",
    "tel:+1-202-555-0123",
    "[+1 202 555 0123]",
    "(202) 555‑0123",
    "\u200e+1 202 555 0123\u200f",
    "\u2066+1 202 555 0123\u2069",
    "\u202a+12025550123\u202c",
    "+1\u00a0202\u00a0555\u00a00123",
    "<tel:+12025550123>",
]


@pytest.mark.parametrize("pasted", PASTED)
def test_a_pasted_number_is_found(shop: Shop, mina: str, pasted: str) -> None:
    assert people(shop, pasted) == ["Mina Halloran"]
    assert found(shop, pasted) == ["call_0001"]


@pytest.mark.parametrize("between", [", ", "; ", "\n", " ", " / ", "\t", "، ", "\u00a0"])
def test_two_pasted_numbers_find_both(shop: Shop, mina: str, between: str) -> None:
    assert found(shop, f"{ANA}{between}{BEN}") == ["call_0002", "call_0001"]


def test_pages_are_exact_though_calls_begin_in_one_second(shop: Shop) -> None:
    mina = shop.customer("Mina", ANA)
    for number in range(23):
        shop.call(ANA, number // 5, customer_id=mina)
    pages: list[str] = []
    after: tuple[datetime, str] | None = None
    while rows := shop.do(calls, CallQuery(q="mina"), region="US", after=after, limit=4):
        pages += [row.id for row in rows]
        after = (rows[-1].started_at, rows[-1].id)
    every = sorted((shop.get(Call, key) for key in pages), key=lambda row: (row.started_at, row.id))
    assert len(pages) == 23
    assert pages == [row.id for row in reversed(every)]
    middle = (every[10].started_at, every[10].id)
    back = shop.do(calls, CallQuery(q="mina"), region="US", after=middle, limit=5, back=True)
    assert [row.id for row in back] == [row.id for row in every[11:16]]
    assert shop.do(newer, CallQuery(q="mina"), region="US", than=middle, most=99) == 12


def test_words_and_filters_together(shop: Shop, mina: str) -> None:
    shop.answered(ANA, 7, customer_id=mina, agent_id="ben")
    assert found(shop, "mina", agent="ben") == ["call_0003"]
    assert found(shop, "mina", since=at(4)) == ["call_0003"]
    assert found(shop, "mina", until=at(4)) == ["call_0001"]
    assert found(shop, "duvet", customer=mina) == ["call_0001"]
    assert found(shop, "mina", outcome="abandoned") == []


def test_messages_are_found_by_words_and_by_number(shop: Shop) -> None:
    shop.message(BEN, 1, body="Is my coat ready?", search_text=search_text("Is my coat ready?"))
    code = shop.get(Message, shop.message(BEN, 2, body="Code", search_text="code"))
    code.phone, code.from_raw, code.party = None, "72345", "72345"
    shop.add(code)
    hits = [
        [row.id for row in shop.do(messages, MessageQuery(q=q), region="US", after=None, limit=10)]
        for q in ("coat", "ready is", "0124", "72345", "coats")
    ]
    assert hits == [["msg_0001"], ["msg_0001"], ["msg_0001"], ["msg_0002"], []]


def test_an_unknown_number_is_found_by_its_digits(shop: Shop, mina: str) -> None:
    rows = shop.do(search.unknown_numbers, "0124", region="US", limit=10)
    assert [(row.phone, row.calls) for row in rows] == [(BEN, 1)]
    assert shop.do(search.unknown_numbers, "0123", region="US", limit=10) == []


@given(st.text(max_size=60))
def test_no_text_breaks_a_query(typed: str) -> None:
    query = parse(typed, "US")
    if query:
        for written in (to_fts5(query), to_tsquery(query)):
            assert written.count("(") == written.count(")")
    assert all(word.isalnum() for word in words(typed))


@pytest.mark.parametrize(
    "typed", ['"', "'", "\\", 'a"b OR c*', "^x", "NEAR(a b)", "a:b", "-a", "'' | 'b'", "{a}", "\ud800"]
)
def test_signs_of_the_engines_are_no_signs_here(shop: Shop, mina: str, typed: str) -> None:
    assert found(shop, typed) is not None
    assert people(shop, typed) is not None


@given(st.text(max_size=40))
def test_a_text_is_found_by_its_own_words(written: str) -> None:
    stored = search_text(written).split()
    for way in spellings(written, 8):
        assert all(any(word.startswith(part) for word in stored) for part in way)


def test_the_words_of_a_long_name_come_before_its_parts() -> None:
    stored = name_search_text("Wilhelmina Tarrant-Oakes", 400).split()
    assert stored[:3] == ["wilhelmina", "tarrant", "oakes"]
    assert {"mina", "rant", "kes"} <= set(stored)
    assert len(name_search_text("abcdefgh " * 22, 60)) <= 60


@pytest.mark.parametrize(("typed", "digits"), [("01", []), ("013 44", ["1344"]), ("ab 123", []), ("", [])])
def test_digits_are_numbers_from_three_on(typed: str, digits: list[str]) -> None:
    assert list(numbers_in(typed, "US")) == digits
