"""Long lists, by the clock: the customer of ten thousand entries, and twenty thousand calls."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

import pytest

from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for
from tests.shop import Shop
from tests.web.calls.test_calls_page import MOST_STEPS, store_many_calls
from tests.web.customers.test_customers_costs import add_many_calls
from tests.web.support.page_client import PageClient, do, sign_in

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
MOST_SECONDS = 0.5  # 0.05 where nothing else runs


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    """A running app without background work."""
    with open_app(settings_for(database_url, tmp_path), clock, background=False) as app:
        yield app


def seconds(client: PageClient, path: str) -> float:
    """Median seconds of ten requests of this page."""
    durations = []
    for _ in range(10):
        start = time.perf_counter()
        client.get_page(path)
        durations.append(time.perf_counter() - start)
    return median(durations)


def test_twenty_thousand_calls_are_listed_and_counted_soon(app: RunningApp) -> None:
    grace = sign_in(app, "Grace", "supervisor")
    store_many_calls(app, 20_000)
    for path in MOST_STEPS:
        assert seconds(grace, path) < MOST_SECONDS, path


def test_ten_thousand_entries_are_shown_soon(app: RunningApp) -> None:
    ana, customer = sign_in(app, "Ana"), Shop(app.services.store).customer("Mina", "+12025550134")
    do(app, partial(add_many_calls, customer=customer, count=10_000))
    for path in (f"/customers/{customer}", f"/customers/{customer}?show=recordings", "/customers"):
        assert seconds(ana, path) < MOST_SECONDS, path
