"""The same day of calls with its callbacks in order, in chaos, lost, and with all of it sent once more."""

import asyncio
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from callcrm.jobs import spool_replay
from callcrm.jobs.reconcile import Report
from callcrm.models import Agent
from callcrm.simulator.wire.chaos import Chaos
from callcrm.store.store import StoreDown
from tests.e2e.call_centre import STAFF, CallCentre
from tests.e2e.expected_history import api_details, api_outline, outcome, true_details, true_outline
from tests.e2e.seeded_day import Day, run_day

MANY, FEW = 22, 12  # calls
MINUTE = 60.0
BUSY = ("ringing", "on_call")


@dataclass(frozen=True, slots=True)
class Tripled(Chaos):
    """Every callback comes three times, each within a minute, overtaking all others."""

    def delivery_delays(self, key: str) -> list[float]:
        """After how many seconds each copy is sent."""
        rng = random.Random(f"{self.seed}:{key}")
        return [self.delay + rng.uniform(0, self.shuffle) for _ in range(3)]


@dataclass(frozen=True)
class CleanDay:
    """The undisturbed day: its history, and the tables before and after all its requests came once more."""

    history: dict[str, Any]
    outcomes: list[str]
    before: dict[str, list[str]]
    after: dict[str, list[str]]
    statuses: set[int]
    rest_calls: int


async def _undisturbed(day: Day) -> CleanDay:
    centre = day.centre
    await centre.run_jobs()
    history, outcomes = await day.history(), [outcome(truth) for truth in day.truths]
    await centre.sign_on(*centre.agents)
    await centre.pass_time(3600)
    before, rest_calls = await day.dump(), len(centre.rest.log)
    statuses = await day.send_again()
    rest_calls = len(centre.rest.log) - rest_calls
    return CleanDay(history, outcomes, before, await day.dump(), statuses, rest_calls)


CleanDays = Callable[[int], CleanDay]


@pytest.fixture(scope="module")
def clean_days(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> CleanDays:
    """The undisturbed day of so many calls, run once, on SQLite."""

    @cache
    def clean_day(count: int) -> CleanDay:
        folder = tmp_path_factory.mktemp("clean")
        shutil.copyfile(sqlite_template, folder / "clean.sqlite3")
        return asyncio.run(run_day(f"sqlite:///{folder / 'clean.sqlite3'}", folder, count, _undisturbed))

    return clean_day


@pytest.fixture
def clean_day(clean_days: CleanDays) -> CleanDay:
    """The undisturbed day."""
    return clean_days(MANY)


def test_a_day_has_calls_of_every_kind(clean_day: CleanDay) -> None:
    assert set(clean_day.outcomes) == {"answered", "voicemail", "abandoned", "callback"}
    assert any(len(call["legs"]) > 2 for call in clean_day.history.values())
    assert all(call["state"] == "ended" for call in clean_day.history.values())


def test_callbacks_tripled_shuffled_and_late_make_the_same_history_on_either_engine(
    clean_days: CleanDays, database_url: str, tmp_path: Path
) -> None:
    async def history_of(day: Day) -> dict[str, Any]:
        await day.centre.run_jobs()
        return await day.history()

    count = MANY if database_url.startswith("sqlite") else FEW
    chaos = Tripled(delay=5, shuffle=MINUTE)
    history = asyncio.run(run_day(database_url, tmp_path, count, history_of, chaos))
    assert history == clean_days(count).history


def test_a_whole_day_sent_again_changes_nothing_and_requests_nothing(clean_day: CleanDay) -> None:
    assert clean_day.statuses == {200, 204}
    assert clean_day.after == clean_day.before
    assert clean_day.rest_calls == 0


@dataclass(frozen=True)
class ReconciledDay:
    """A day whose callbacks were lost, after the comparison with the carrier's lists.

    `stored_hashes` and `carrier_hashes`: of each recording by SID. `busy_states`: of agents still held.
    """

    reported: dict[str, Any]
    true: dict[str, Any]
    second_report: Report
    busy_states: list[str]
    stored_hashes: dict[str, str]
    carrier_hashes: dict[str, str]


async def _reconciled(day: Day) -> ReconciledDay:
    centre = day.centre
    await centre.reconcile()
    second_report = await centre.reconcile()
    await centre.run_jobs()
    await centre.tidy()
    calls = {truth.sid: await centre.get(f"/calls/{truth.sid}") for truth in day.truths}
    recordings = [recording for call in calls.values() for recording in call["recordings"]]
    stored_hashes = {recording["carrier_sid"]: recording["sha256"] for recording in recordings}
    recordings_by_sid = centre.carrier.state.recordings.by_sid
    agents = await centre.services.store.read(lambda session: session.exec(select(Agent)).all())
    return ReconciledDay(
        reported={sid: api_outline(call) for sid, call in calls.items()},
        true={truth.sid: true_outline(centre.carrier, truth) for truth in day.truths},
        second_report=second_report,
        busy_states=[agent.state for agent in agents if agent.call_id or agent.state in BUSY],
        stored_hashes=stored_hashes,
        carrier_hashes={
            sid: recordings_by_sid[sid].sha256(recordings_by_sid[sid].channels) for sid in stored_hashes
        },
    )


def _assert_complete(day: ReconciledDay) -> None:
    assert day.reported == day.true
    assert day.stored_hashes == day.carrier_hashes
    assert len(day.stored_hashes) >= 3
    assert day.busy_states == []
    assert day.second_report == Report()


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_lost_callbacks_are_reconciled_from_the_carriers_lists(
    share: float, database_url: str, tmp_path: Path
) -> None:
    chaos = Chaos(seed=3, drop=share)
    _assert_complete(asyncio.run(run_day(database_url, tmp_path, FEW, _reconciled, chaos)))


@pytest.mark.engine("sqlite")
def test_with_every_callback_lost_the_history_is_reconciled(database_url: str, tmp_path: Path) -> None:
    _assert_complete(asyncio.run(run_day(database_url, tmp_path, MANY, _reconciled, Chaos(drop=1.0))))


def _flickering(share: float, centre: CallCentre, patch: pytest.MonkeyPatch) -> None:
    """This share of the webhooks' writes to the store fails."""
    write, rng = centre.services.store.write, random.Random(5)

    async def sometimes(verb: Callable[[Session], Any], **options: Any) -> Any:
        if "runtime" in getattr(verb, "keywords", {}) and rng.random() < share:
            raise StoreDown("the store is away")
        return await write(verb, **options)

    patch.setattr(centre.services.store, "write", sometimes)


async def _after_the_outage(day: Day) -> tuple[dict[str, Any], dict[str, Any]]:
    centre, services = day.centre, day.centre.services
    assert services.spool.depth() > 30
    await services.spool.replay(
        partial(spool_replay.replay, services.store, services.runtime, services.clock)
    )
    calls = {truth.sid: await centre.get(f"/calls/{truth.sid}") for truth in day.truths}
    reported = {sid: api_outline(call) | api_details(call) for sid, call in calls.items()}
    carrier = centre.carrier
    true = {
        truth.sid: true_outline(carrier, truth) | true_details(carrier, truth, STAFF) for truth in day.truths
    }
    return reported, true


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_the_history_is_complete_after_an_outage_of_the_store(
    share: float, database_url: str, tmp_path: Path
) -> None:
    inject_fault = partial(_flickering, share)
    reported, true = asyncio.run(
        run_day(database_url, tmp_path, FEW, _after_the_outage, inject_fault=inject_fault)
    )
    assert reported == true
