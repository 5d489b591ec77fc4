"""`callcrm reconcile`: what the carrier lists is in our history afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import respx
from sqlmodel import select

from callcrm import config
from callcrm.models import Call
from callcrm.store.store import Store
from tests.cli.serving import NEEDED
from tests.cli.terminal import RunCommand
from tests.clocks import CLOCK, THREADS
from tests.running import small_flow

API = "https://api.carrier.example"
ACCOUNT = f"{API}/2010-04-01/Accounts/{NEEDED['TWILIO_ACCOUNT_SID']}"
LOST_CALL = {
    "sid": "CA" + "5" * 32,
    "parent_call_sid": None,
    "status": "completed",
    "direction": "inbound",
    "from": "+12025550123",
    "to": NEEDED["CALLCRM_NUMBERS"],
    "start_time": "Sun, 22 Nov 2026 03:00:00 +0000",
    "end_time": "Sun, 22 Nov 2026 03:01:00 +0000",
    "date_created": "Sun, 22 Nov 2026 03:00:00 +0000",
    "duration": "60",
}


@pytest.fixture
def carrier(environment: pytest.MonkeyPatch) -> Iterator[respx.MockRouter]:
    for name, value in {**NEEDED, **small_flow(Path()), "CALLCRM_TWILIO_API_URL": API}.items():
        environment.setenv(name, value)
    with respx.mock(assert_all_called=False) as mock:
        mock.get(url__startswith=f"{ACCOUNT}/Recordings.json").respond(json={"recordings": []})
        mock.get(url__startswith=f"{ACCOUNT}/Calls.json").respond(json={"calls": [LOST_CALL]})
        yield mock


def test_a_call_we_never_heard_of_is_in_the_history_afterwards(
    run: RunCommand, carrier: respx.MockRouter
) -> None:
    result = run("reconcile", "--since", "7d")
    assert (result.code, result.out.splitlines()[0]) == (0, "missing calls: 1")
    store = Store(config.load_settings().database, CLOCK, THREADS)
    try:
        call = store.read_now(lambda session: session.exec(select(Call)).one())
    finally:
        store.close()
    assert (call.carrier_sid, call.state, call.duration_seconds) == (LOST_CALL["sid"], "ended", 60)


def test_repeating_it_finds_nothing_more(run: RunCommand, carrier: respx.MockRouter) -> None:
    run("reconcile")
    assert {line.rpartition(" ")[2] for line in run("reconcile").out.splitlines()} == {"0"}


def test_without_a_span_the_last_day_is_looked_at(run: RunCommand, carrier: respx.MockRouter) -> None:
    assert run("reconcile").code == 0
    query = str(carrier.calls[0].request.url.params)
    assert "StartTime" in query


@pytest.mark.parametrize("span", ["", "1", "h", "0h", "-1h", "1w", "1.5h"])
def test_what_is_no_time_is_wrong_usage(run: RunCommand, span: str) -> None:
    assert run("reconcile", "--since", span).code == 2


def test_a_carrier_that_is_away_is_a_failure(run: RunCommand, carrier: respx.MockRouter) -> None:
    carrier.get(url__startswith=f"{ACCOUNT}/Calls.json").respond(503)
    result = run("reconcile")
    assert (result.code, result.out) == (1, "")
    assert len(result.err.splitlines()) == 1


def test_without_an_account_it_says_which_setting_it_needs(run: RunCommand) -> None:
    result = run("reconcile")
    assert (result.code, result.out) == (1, "")
    assert "TWILIO_ACCOUNT_SID" in result.err
