"""One timeline over all kinds, newest first."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcrm.agents.principal import Principal
from callcrm.crm.seams import SEAMS
from callcrm.views.customers.history import HistoryRow, history, with_core
from tests.shop import ANA, BEN, Shop, at

KINDS = {kind.name: kind for kind in with_core(SEAMS.history_kinds)}
SARA = Principal(user_id="sara", role="supervisor", token_id="t", name="Sara")


def timeline(
    shop: Shop, customer_id: str, *, kinds: Sequence[str] = tuple(KINDS), **how: Any
) -> list[HistoryRow]:
    wanted = [KINDS[name] for name in KINDS if name in kinds]
    return shop.store.read_now(partial(history, customer_id=customer_id, kinds=wanted, user=SARA, **how))


def kinds(entries: list[HistoryRow]) -> list[str]:
    return [entry.kind.name for entry in entries]


def story(shop: Shop) -> str:
    """The id of a customer with one thing of each kind, a minute apart."""
    ana = shop.customer("Ana", ANA)
    call = shop.call(ANA, 0, customer_id=ana)
    shop.note(call, minute=2)
    shop.derive(call, "missed")
    shop.recording(call)
    shop.message(ANA, 4, customer_id=ana)
    return ana


def test_everything_is_on_one_timeline_newest_first(shop: Shop) -> None:
    entries = timeline(shop, story(shop))
    assert kinds(entries) == ["message", "note", "promise", "recording", "call"]
    assert [entry.at for entry in entries] == [at(4), at(2), at(1), at(0), at(0)]


def test_other_customers_are_on_other_timelines(shop: Shop) -> None:
    story(shop)
    ben = shop.customer("Ben", BEN)
    assert timeline(shop, ben) == []


@pytest.mark.parametrize("kind", ["call", "note", "recording", "message", "promise"])
def test_one_kind_can_be_asked_for(shop: Shop, kind: str) -> None:
    assert kinds(timeline(shop, story(shop), kinds=[kind])) == [kind]


def test_a_span_holds_its_beginning_and_not_its_end(shop: Shop) -> None:
    assert kinds(timeline(shop, story(shop), since=at(1), until=at(4))) == ["note", "promise"]


def test_recordings_follow_their_call_to_another_customer(shop: Shop) -> None:
    ana, ben = shop.customer("Ana", ANA), shop.customer("Ben", ANA)
    call = shop.call(ANA, customer_id=ana)
    shop.recording(call)
    shop.note(call)
    shop.assign(call, ben)
    assert (timeline(shop, ana), sorted(kinds(timeline(shop, ben)))) == ([], ["call", "note", "recording"])


def _pages(shop: Shop, customer_id: str, limit: int) -> list[HistoryRow]:
    seen: list[HistoryRow] = []
    after: tuple[datetime, str] | None = None
    while page := timeline(shop, customer_id, after=after, limit=limit):
        seen += page
        after = (page[-1].at, page[-1].place)
    return seen


MOMENTS = st.lists(
    st.tuples(st.sampled_from(["call", "note", "message", "recording"]), st.integers(0, 3)), max_size=12
)


@given(moments=MOMENTS, limit=st.integers(1, 4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_hold_everything_once_however_much_happens_at_one_moment(
    shop: Shop, moments: list[tuple[str, int]], limit: int
) -> None:
    ana = shop.customer("Ana")
    call = shop.call(ANA, 9, customer_id=ana)
    for kind, minute in moments:
        _happens(shop, kind, minute, ana, call)
    whole = timeline(shop, ana, limit=200)
    assert [entry.place for entry in _pages(shop, ana, limit)] == [entry.place for entry in whole]
    assert len(whole) == len(moments) + 1
    assert [entry.at for entry in whole] == sorted((entry.at for entry in whole), reverse=True)


def _happens(shop: Shop, kind: str, minute: int, customer_id: str, call: str) -> None:
    match kind:
        case "call":
            shop.call(ANA, minute, customer_id=customer_id)
        case "note":
            shop.note(call, minute=minute)
        case "message":
            shop.message(ANA, minute, customer_id=customer_id)
        case _:
            shop.recording(call, minute)
