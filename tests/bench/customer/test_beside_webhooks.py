"""Callers wait for nobody: webhooks while a file is brought in, and while everybody's tier is looked at."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from callcrm.base.clock import SystemClock
from callcrm.calls.runtime import build_runtime
from callcrm.crm.tiers import run
from callcrm.models.delete_some import SOME
from tests.bench.customer.tiers import NOW, fill
from tests.bench.test_purchases import bring
from tests.running_app import RunningApp, open_app, proven_flows, settings_for

CLOCK = SystemClock()
MOST, NOISE = 100, 8  # milliseconds; times as long in the short form, on a machine that others use
SHORT, LONG = 3000, 100_000
PAUSE = 0.02  # seconds between two callers


def beside(app: RunningApp, work: Callable[[], object]) -> list[float]:
    """Milliseconds of each webhook while this work goes on, sorted."""
    failures: list[BaseException] = []

    def working() -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    app.rings("CAfirst")
    took: list[float] = []
    thread = threading.Thread(target=working)
    thread.start()
    while thread.is_alive():
        began = time.perf_counter()
        app.rings(f"CA{len(took)}", f"+1202556{len(took) % 9000 + 1000}")
        took.append((time.perf_counter() - began) * 1e3)
        time.sleep(PAUSE)
    assert failures == []
    return sorted(took)


def nightly(app: RunningApp) -> None:
    """A run through everybody's tier."""
    store, settings = app.services.store, app.services.settings
    runtime = build_runtime(settings, proven_flows(settings.flows))
    while store.write_now(lambda session: run.nightly(session, runtime, NOW)) >= SOME:
        pass


def check(app: RunningApp, name: str, took: list[float], most: float) -> None:
    """Prints the figures, and fails where one in a hundred callers waited longer."""
    late = took[len(took) * 99 // 100]
    print(
        f"{app.services.store.dialect}: {len(took)} webhooks beside {name}: median "
        f"{took[len(took) // 2]:.0f} ms, 99 % {late:.0f}, longest {took[-1]:.0f}"
    )
    assert late <= most


@pytest.mark.parametrize(
    ("size", "times"),
    [(SHORT, NOISE), pytest.param(LONG, 1, marks=[pytest.mark.long, pytest.mark.timeout(600)])],
)
def test_callers_wait_neither_for_an_import_nor_for_the_night(
    database_url: str, tmp_path: Path, size: int, times: int
) -> None:
    fill(database_url, size, size * 5)
    with open_app(settings_for(database_url, tmp_path), CLOCK, background=False) as app:
        check(app, "an import", beside(app, lambda: bring(app, "purchases", size)), MOST * times)
        check(app, "the nightly run", beside(app, lambda: nightly(app)), MOST * times)
