"""`callcrm simulate` against a served instance, and what the other commands make of the calls."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlmodel import Session

from callcrm.agents import states, tokens, users
from callcrm.models import AgentState
from callcrm.simulator.scenarios.library import library
from callcrm.store import migrate
from callcrm.store.store import Store
from tests.cli.serving import NEEDED, serving
from tests.cli.terminal import CommandResult, RunCommand
from tests.clocks import CLOCK, THREADS
from tests.running import Server, free_port


@dataclass
class Instance:
    """A served instance with one agent, Ana, and a supervisor's token."""

    server: Server
    api: httpx.Client
    settings: dict[str, str]

    def count(self) -> int:
        """How many calls there are."""
        return len(self.api.get("/calls").raise_for_status().json()["items"])

    def call(self, result: CommandResult) -> dict[str, Any]:
        """The call a simulation made, with everything in it."""
        return dict(self.api.get(f"/calls/{result.out.split()[0]}").raise_for_status().json())


def _staff(session: Session) -> str:
    now = CLOCK.now()
    ana = users.add_user(session, "ana@example.com", "agent", "Ana", "+12025550111", None, now)
    states.set_state(session, ana.id, AgentState.AVAILABLE, now)
    return tokens.add_token(session, "test", "supervisor", None, now)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("instance")
    database = f"sqlite:///{folder}/callcrm.sqlite3"
    migrate.upgrade(database, CLOCK)
    store = Store(database, CLOCK, THREADS)
    token = store.write_now(_staff)
    store.close()
    carrier = f"http://127.0.0.1:{free_port()}"
    settings = {**NEEDED, "CALLCRM_TWILIO_API_URL": carrier, "CALLCRM_DATA_DIR": str(folder)}
    headers = {"Authorization": f"Bearer {token}"}
    with (
        serving(folder, **settings) as server,
        httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, timeout=20) as api,
    ):
        yield Instance(server, api, {**settings, "CALLCRM_PUBLIC_URL": server.url})


@pytest.fixture
def instance(served: Instance, environment: pytest.MonkeyPatch) -> Instance:
    """The instance, and its settings for the commands."""
    for name, value in served.settings.items():
        environment.setenv(name, value)
    return served


def test_a_call_is_answered_recorded_and_in_the_history(run: RunCommand, instance: Instance) -> None:
    result = run("simulate", "answered", "--fast")
    assert result.code == 0, result.out
    call = instance.call(result)
    assert (call["outcome"], call["agent"]["name"], call["queue"]) == ("answered", "Ana", "sales")
    for _ in range(100):
        (recording,) = instance.call(result)["recordings"]
        if recording["status"] == "stored":
            return
        time.sleep(0.1)
    raise AssertionError(recording)


def test_every_simulation_is_made_of_new_calls_unless_its_seed_is_said(
    run: RunCommand, instance: Instance
) -> None:
    before = instance.count()
    for seed in ([], [], ["--seed", "7"], ["--seed", "7"]):
        run("simulate", "operator", "--fast", *seed)
    assert instance.count() == before + 3


def test_derived_again_a_call_is_the_same(run: RunCommand, instance: Instance) -> None:
    result = run("simulate", "operator", "--fast")
    before = instance.call(result)
    assert run("ledger", "rebuild").code == 0
    assert run("ledger", "rebuild", "--call", before["carrier_sid"]).code == 0
    assert instance.call(result) == before


def test_a_call_the_ledger_does_not_know_cannot_be_derived(run: RunCommand) -> None:
    result = run("ledger", "rebuild", "--call", "CA" + "9" * 32)
    assert (result.code, result.out) == (1, "")


def test_signed_with_another_token_nothing_is_taken(
    run: RunCommand, instance: Instance, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("TWILIO_AUTH_TOKEN", "another")
    before = instance.count()
    result = run("simulate", "answered", "--fast")
    assert result.code == 1
    assert "403" in result.out
    assert instance.count() == before


def test_the_base_url_wins_over_the_public_one(run: RunCommand, instance: Instance) -> None:
    result = run("simulate", "answered", "--fast", "--base-url", f"http://127.0.0.1:{free_port()}")
    assert result.code == 1


def test_the_list_names_every_scenario(run: RunCommand) -> None:
    listed = [line.split()[0] for line in run("simulate", "--list").out.splitlines()]
    assert listed == list(library())
    assert len(listed) >= 12


def test_an_unknown_scenario_is_refused_by_name(run: RunCommand, instance: Instance) -> None:
    result = run("simulate", "nonsense")
    assert (result.code, result.out) == (1, "")
    assert "nonsense" in result.err


def test_without_an_account_it_says_which_setting_it_needs(run: RunCommand) -> None:
    result = run("simulate", "answered")
    assert result.code == 1
    assert "TWILIO_AUTH_TOKEN" in result.err


@pytest.mark.parametrize("words", [["--calls", "0"], ["--rate", "0"], ["--drop", "2"], []], ids=str)
def test_wrong_usage_exits_2(run: RunCommand, words: list[str]) -> None:
    assert run("simulate", *(["answered", *words] if words else [])).code == 2
