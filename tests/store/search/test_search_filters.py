"""Filters within the index: it leaves out what they do, whatever changes, and that is not read."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import TextClause, event, text
from sqlmodel import Session, col, update

from callcrm.calls import search
from callcrm.calls.search import CallQuery, calls
from callcrm.messages.search import MessageQuery, messages
from callcrm.models import LONG_WAIT, Call, Customer, Recording
from callcrm.store.search import lookup_postgres, query
from callcrm.store.search.catch_up import catch_up
from tests.shop import ANA, BEN, Shop, at

QUEUE = "Sales & پشتیبانی"
CALL_FILTERS: dict[str, dict[str, Any]] = {
    "phone": {"phones": [ANA]},
    "agent": {"agent": "user_b"},
    "queue": {"queue": QUEUE},
    "direction": {"direction": "outbound"},
    "outcome": {"outcome": "no_answer"},
    "language": {"language": "fa"},
    "tier": {"tier": "gold"},
    "state": {"state": "in_progress"},
    "ended": {"state": "ended"},
    "waited": {"waited": LONG_WAIT},
    "waited less": {"waited": 3},
    "recorded": {"recorded": True},
    "not recorded": {"recorded": False},
    "lost": {"lost": True},
    "lost and outbound": {"lost": True, "direction": "outbound"},
    "since": {"since": at(3)},
    "until": {"until": at(3)},
}
MESSAGE_FILTERS: dict[str, dict[str, Any]] = {
    "direction": {"direction": "outbound"},
    "channel": {"channel": "whatsapp"},
    "status": {"status": "failed"},
    "unanswered": {"unanswered": True},
    "phone": {"phone": ANA},
}


@pytest.fixture
def mina(shop: Shop) -> str:
    """Mina, with calls and messages of every sort."""
    mina = shop.customer("Mina", ANA)
    mina_gold = shop.customer("Mina Gold", BEN, tier="gold")
    for number in range(2):
        served: dict[str, Any] = {"queue": "sales", "language": "en", "wait_seconds": 5}
        call = shop.answered(ANA, number, customer_id=mina, agent_id="user_a", **served)
        recording = shop.recording(call)
        waited: dict[str, Any] = {"queue": QUEUE, "language": "fa", "wait_seconds": LONG_WAIT + 1}
        lost = ("abandoned", "voicemail")[number]
        shop.call(BEN, 3 + number, customer_id=mina_gold, agent_id="user_b", outcome=lost, **waited)
        shop.call(ANA, 5, customer_id=mina, direction="outbound", outcome="no_answer")
        shop.call(ANA, 6, customer_id=mina, state="in_progress", outcome=None)
        shop.message(ANA, number, customer_id=mina, search_text="mina", party=ANA)
        shop.message(
            BEN, number, search_text="mina", direction="outbound", channel="whatsapp", status="failed"
        )
    gone = update(Recording).where(col(Recording.id) == recording).values(status="deleted")
    shop.do(lambda session: session.exec(gone))
    return mina


def found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, filters: dict[str, Any]
) -> tuple[list[str], list[str]]:
    """The ids of Mina's calls with these filters, with those of the index and without."""

    def ids() -> list[str]:
        wanted = CallQuery(q="mina", **filters)
        rows = shop.store.read_now(lambda s: calls(s, wanted, region="US", after=None, limit=50))
        return [row.id for row in rows]

    narrowed = ids()
    with monkeypatch.context() as patch:
        patch.setattr(query, "narrowed", lambda words, _kind, _filters: words)
        return narrowed, ids()


@pytest.mark.parametrize("name", CALL_FILTERS)
def test_the_index_leaves_out_what_a_filter_does(
    shop: Shop, mina: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    narrowed, every = found(shop, monkeypatch, CALL_FILTERS[name])
    assert narrowed == every
    assert 0 < len(every) < 8 or name == "lost and outbound"


@pytest.mark.parametrize("name", MESSAGE_FILTERS)
def test_and_of_messages(shop: Shop, mina: str, name: str) -> None:
    wanted = MessageQuery(q="mina", **MESSAGE_FILTERS[name])
    rows = shop.do(messages, wanted, region="US", after=None, limit=50)
    assert len(rows) == 2


def every_call(**values: Any) -> Callable[[Session], object]:
    """A change of all calls."""
    return lambda session: session.exec(update(Call).values(**values))


CHANGES: dict[str, Callable[[Session], object]] = {
    "phone": every_call(phone=ANA),
    "agent": every_call(agent_id="user_b"),
    "queue": every_call(queue=QUEUE),
    "direction": every_call(direction="outbound"),
    "outcome": every_call(outcome="no_answer"),
    "language": every_call(language="fa"),
    "state": every_call(state="in_progress"),
    "waited": every_call(wait_seconds=LONG_WAIT + 9),
    "lost": every_call(direction="inbound", outcome="abandoned"),
    "tier": lambda session: session.exec(update(Customer).values(tier="gold")),
    "recorded": lambda session: session.exec(update(Recording).values(status="stored")),
    "not recorded": lambda session: session.exec(update(Recording).values(status="deleted")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_filters_of_the_index_follow_every_change(
    shop: Shop, mina: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    found(shop, monkeypatch, CALL_FILTERS[name])
    shop.do(CHANGES[name])
    narrowed, every = found(shop, monkeypatch, CALL_FILTERS[name])
    assert narrowed == every
    assert every


@pytest.mark.parametrize(
    "filters",
    [
        {"agent": "user_c"},
        {"customer": "cus_c"},
        {"direction": "outbound"},
        {"language": "de"},
        {"lost": True},
        {"outcome": "busy"},
        {"phones": [BEN]},
        {"queue": "x y"},
        {"recorded": True},
        {"state": "queued"},
        {"tier": "silver"},
        {"waited": LONG_WAIT},
    ],
    ids=str,
)
def test_what_a_filter_leaves_out_is_not_read(
    shop: Shop,
    statements: Callable[[], AbstractContextManager[list[str]]],
    filters: dict[str, Any],
) -> None:
    """Nothing matches: then no call is read, however many have the words."""
    for number in range(30):
        shop.note(shop.answered(ANA, number), "the duvet", number)
    with statements() as sent:
        rows = shop.do(calls, CallQuery(q="duvet", **filters), region="US", after=None, limit=50)
    assert rows == []
    assert [sql for sql in sent if sql.startswith("SELECT call.")] == []


def test_a_full_page_reads_a_page_of_calls(shop: Shop) -> None:
    """Of many that match, the newest are read alone."""
    mina = shop.customer("Mina", ANA)
    for number in range(300):
        shop.call(ANA, number, customer_id=mina)
    loaded: list[object] = []

    def verb(session: Session) -> None:
        while catch_up(session):
            pass
        event.listen(session, "loaded_as_persistent", lambda _session, row: loaded.append(row))
        calls(session, CallQuery(q="mina"), region="US", after=None, limit=20)

    shop.do(verb)
    assert 20 <= len(loaded) <= 100


def test_filters_that_are_none_narrow_nothing() -> None:
    words = query.parse("mina", "US")
    assert query.narrowed(words, "call", search._filters(CallQuery())) == words
    assert query.narrowed(words, "call", {"agent": "no plain id"}) == words
    assert query.narrowed(words, "message", {"status": "failed"}) != words
    with pytest.raises(AssertionError):
        query.narrowed(words, "call", {"colour": "red"})


@pytest.mark.engine("postgresql")
def test_the_rare_is_read_from_the_index_and_the_frequent_walked_to(shop: Shop) -> None:
    """Whatever the planner thinks of so few rows."""
    for number in range(30):
        shop.note(shop.call(ANA, number), "the duvet", number)
    values = {"kind": "call", "query": "'duvet' & '#outcomebusy'", "first": 0, "last": 1 << 62, "most": 50}

    def plan(session: Session, statement: TextClause) -> str:
        session.connection().execute(lookup_postgres.BY_INDEX)
        explained = text(f"EXPLAIN {statement.text}").bindparams(*lookup_postgres.BOUNDS)
        return "\n".join(session.connection().execute(explained, values).scalars())

    rare, walk = (shop.do(plan, each[False]) for each in (lookup_postgres.RARE, lookup_postgres.WALKS))
    assert "ix_search_entry_vector" in rare
    assert "ix_search_entry_newest" in walk
    assert "Seq Scan" not in rare + walk
