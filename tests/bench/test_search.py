"""Searches by the clock: at most a tenth of a second, and no slower in a store ten times as large."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from callcrm.calls.runtime import build_runtime
from callcrm.calls.search import CallQuery, calls
from callcrm.customers import customers
from callcrm.messages.search import MessageQuery, messages
from callcrm.models import Call
from callcrm.sample.fill import fill_store
from callcrm.sample.people import sample_agents
from callcrm.store import migrate
from callcrm.store.store import Store
from callcrm.views import search
from tests.clocks import CLOCK, THREADS
from tests.running_app import proven_flows, settings_for

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
SMALL, LARGE = 10_000, 100_000  # calls
PAGE = 51
MOST_SECONDS = 0.1
MOST_GROWTH = 2.0
NEGLIGIBLE = 0.01  # seconds, whose growth is noise
AGENT = sample_agents()[2].id
Verb = Callable[[Session], Sequence[Any]]
# "order" is in every tenth call; notes are of answered calls alone, so that none is of a voicemail.
CALLS: dict[str, dict[str, Any]] = {
    "a common word": {"q": "order"},
    "two common words": {"q": "about order"},
    "two that never come together": {"q": "order سفارش"},
    "a family name": {"q": "wainscot"},
    "three letters": {"q": "the"},
    "a whole number": {"q": "+12025550123"},
    "the end of a number": {"q": "0123"},
    "three digits": {"q": "555"},
    "with an agent": {"q": "order", "agent": AGENT},
    "with nobody": {"q": "order", "agent": "nobody"},
    "with a queue": {"q": "order", "queue": "sales"},
    "with an outcome nothing matches": {"q": "order", "outcome": "voicemail"},
    "three letters and an outcome": {"q": "the", "outcome": "voicemail"},
    "with the lost, which nothing matches": {"q": "order", "lost": True},
    "with a direction": {"q": "order", "direction": "outbound"},
    "with a tier": {"q": "order", "tier": "gold"},
    "with recordings, which nothing matches": {"q": "order", "recorded": True},
    "with a language": {"q": "wainscot", "language": "fa"},
    "with a state": {"q": "order", "state": "queued"},
}


@pytest.fixture
def stores(database_url: str, empty_database_url: str, tmp_path: Path) -> list[Store]:
    """A small and a large store on one engine."""
    if database_url.split(":")[0] != empty_database_url.split(":")[0]:
        pytest.skip("two engines")
    migrate.upgrade(empty_database_url, CLOCK)
    stores = []
    for url, count in ((database_url, SMALL), (empty_database_url, LARGE)):
        settings = settings_for(url, tmp_path)
        runtime = build_runtime(settings, proven_flows(settings.flows))
        fill_store(CLOCK, runtime, calls=count, customers=count // 20, seed=1)
        stores.append(Store(url, CLOCK, THREADS))
    return stores


def searches(store: Store) -> dict[str, Verb]:
    """What is searched for, by a name."""
    middle = store.read_now(_middle)
    page: dict[str, Any] = {"region": "US", "limit": PAGE}
    deep: dict[str, dict[str, Any]] = {"older": {"after": middle}, "newer": {"after": middle, "back": True}}
    day: dict[str, Any] = {"since": middle[0], "until": middle[0] + timedelta(days=1)}
    return {
        **{
            name: partial(calls, wanted=CallQuery(**wanted), after=None, **page)
            for name, wanted in CALLS.items()
        },
        **{
            name: partial(calls, wanted=CallQuery(q="order", agent=AGENT), **page, **at)
            for name, at in deep.items()
        },
        "of a day": partial(calls, wanted=CallQuery(q="order", **day), after=None, **page),
        "customers": partial(customers.find, q="wainscot", **page),
        "customers by number": partial(customers.find, q="0123", **page),
        "notes": partial(search.notes_with, q="order", **page),
        "unknown numbers": partial(search.unknown_numbers, q="7946", **page),
        "messages": partial(messages, wanted=MessageQuery(q="order", status="failed"), after=None, **page),
    }


def _middle(session: Session) -> tuple[datetime, str]:
    newest = select(Call).order_by(col(Call.started_at).desc())
    call = session.exec(newest.offset(SMALL // 2).limit(1)).first() or session.exec(newest).first()
    assert call
    return call.started_at, call.id


def seconds(store: Store, verb: Verb) -> float:
    """Of the quickest of seven: others have the machine as well."""
    durations = []
    for _ in range(7):
        begun = time.perf_counter()
        store.read_now(verb)
        durations.append(time.perf_counter() - begun)
    return min(durations)


def test_searches_are_quick_and_do_not_grow(stores: list[Store]) -> None:
    small, large = (
        {name: seconds(store, verb) for name, verb in searches(store).items()} for store in stores
    )
    for name, duration in large.items():
        print(f"{name:40} {1000 * small[name]:6.1f} ms, of ten times as many {1000 * duration:6.1f} ms")
    for store in stores:
        store.close()
    assert max(large.values()) <= MOST_SECONDS, max(large, key=lambda name: large[name])
    growth = {name: large[name] / max(small[name], NEGLIGIBLE) for name in large}
    assert max(growth.values()) <= MOST_GROWTH, max(growth, key=lambda name: growth[name])
