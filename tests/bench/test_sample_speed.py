"""How long an invented past takes to make: the contract has a million calls on SQLite within five minutes."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from callcrm.calls.runtime import CallRuntime, build_runtime
from callcrm.sample.fill import fill_store
from callcrm.store.store import Store
from tests.clocks import SetClock
from tests.running import Server
from tests.running_app import proven_flows, settings_for

CALLS = 20_000
# CPU for each call, a third more than five minutes leave for each of a million: a machine takes 160 in one
# hour and 290 in another, so that the short form proves no more than the order.
MICROSECONDS = {"sqlite": 400, "postgresql": 400}
MILLION, MINUTES, GIGABYTES = 1_000_000, 5, 20


@pytest.fixture
def runtime(database_url: str, tmp_path: Path) -> CallRuntime:
    settings = settings_for(database_url, tmp_path)
    return build_runtime(settings, proven_flows(settings.flows))


def test_a_call_is_invented_in_the_time_a_million_has(
    runtime: CallRuntime, clock: SetClock, store: Store
) -> None:
    store.close()
    began = time.process_time()
    fill_store(clock, runtime, calls=CALLS, customers=CALLS // 20, seed=1)
    microseconds = (time.process_time() - began) / CALLS * 1e6
    print(f"{store.dialect}: {microseconds:.0f} µs of CPU for a call")
    assert microseconds <= MICROSECONDS[store.dialect]


@pytest.mark.long
@pytest.mark.engine("sqlite")
@pytest.mark.timeout(1200)
def test_a_million_calls_are_there_in_five_minutes(tmp_path: Path) -> None:
    if shutil.disk_usage(tmp_path).free < GIGABYTES * 1e9:
        pytest.skip(f"a million calls need {GIGABYTES} GB of disk here")
    command = [sys.executable, "-m", "callcrm", "sample", "--calls", str(MILLION)]
    began = time.monotonic()
    subprocess.run(command, env=Server(tmp_path).environment, check=True, capture_output=True)
    seconds = time.monotonic() - began
    file = tmp_path / "callcrm.sqlite3"
    print(f"{MILLION} calls in {seconds:.0f} s, {file.stat().st_size / 1e9:.1f} GB")
    file.unlink()
    assert seconds <= MINUTES * 60
