"""The same day of calls with its callbacks in order, in chaos, lost, and all of it sent once more."""

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
from tests.e2e.day import Day, live_day
from tests.e2e.town import STAFF, Town
from tests.e2e.truth import outcome, story_of, told_of, true_of, true_story

WHOLE, PART = 40, 12  # calls
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Thrice(Chaos):
    """Every callback comes three times, each within a minute, overtaking all others."""

    def deliveries(self, key: str) -> list[float]:
        """After how many seconds each copy goes out."""
        dice = random.Random(f"{self.seed}:{key}")
        return [self.delay + dice.uniform(0, self.shuffle) for _ in range(3)]


@dataclass(frozen=True)
class Clean:
    """The undisturbed day: what became of it, and what a second sending of all its requests changed."""

    history: dict[str, Any]
    outcomes: list[str]
    before: dict[str, list[str]]
    after: dict[str, list[str]]
    statuses: set[int]
    rest_calls: int


async def _undisturbed(day: Day) -> Clean:
    town = day.town
    await town.work()
    history, outcomes = await day.history(), [outcome(truth) for truth in day.truths]
    await town.sign_on(*town.agents)
    await town.later(3600)
    before, asked = await day.dump(), len(town.rest.log)
    statuses = await day.send_again()
    return Clean(history, outcomes, before, await day.dump(), statuses, len(town.rest.log) - asked)


CleanDays = Callable[[int], Clean]


@pytest.fixture(scope="module")
def clean_days(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> CleanDays:
    """The undisturbed day of so many calls, lived once, on SQLite."""

    @cache
    def clean(count: int) -> Clean:
        home = tmp_path_factory.mktemp("clean")
        shutil.copyfile(sqlite_template, home / "clean.sqlite3")
        return asyncio.run(live_day(f"sqlite:///{home / 'clean.sqlite3'}", home, count, _undisturbed))

    return clean


@pytest.fixture
def clean(clean_days: CleanDays) -> Clean:
    """The undisturbed day."""
    return clean_days(WHOLE)


def test_a_day_has_calls_of_every_kind(clean: Clean) -> None:
    assert set(clean.outcomes) == {"answered", "voicemail", "abandoned", "callback"}
    assert any(len(call["legs"]) > 2 for call in clean.history.values())
    assert all(call["state"] == "ended" for call in clean.history.values())


def test_callbacks_tripled_shuffled_and_late_make_the_same_history_on_either_engine(
    clean_days: CleanDays, database_url: str, tmp_path: Path
) -> None:
    async def told(day: Day) -> dict[str, Any]:
        await day.town.work()
        return await day.history()

    count = WHOLE if database_url.startswith("sqlite") else PART
    chaos = Thrice(delay=5, shuffle=MINUTE)
    history = asyncio.run(live_day(database_url, tmp_path, count, told, chaos))
    assert history == clean_days(count).history


def test_a_whole_day_sent_once_more_changes_nothing_and_asks_nothing_of_the_carrier(clean: Clean) -> None:
    assert clean.statuses == {200, 204}
    assert clean.after == clean.before
    assert clean.rest_calls == 0


@dataclass(frozen=True)
class Healed:
    """A day whose callbacks were lost, after the comparison with the carrier's lists."""

    told: dict[str, Any]
    true: dict[str, Any]
    again: Report
    held: list[str]
    recordings: dict[str, str]
    tapes: dict[str, str]


async def _healed(day: Day) -> Healed:
    town = day.town
    await town.reconcile()
    again = await town.reconcile()
    await town.work()
    await town.tidy()
    calls = {truth.sid: await town.get(f"/calls/{truth.sid}") for truth in day.truths}
    kept = {one["carrier_sid"]: one["sha256"] for call in calls.values() for one in call["recordings"]}
    tapes = town.carrier.state.recordings.by_sid
    agents = await town.services.store.read(lambda session: session.exec(select(Agent)).all())
    return Healed(
        told={sid: told_of(call) for sid, call in calls.items()},
        true={truth.sid: true_of(town.carrier, truth) for truth in day.truths},
        again=again,
        held=[agent.state for agent in agents if agent.call_id or agent.state in ("ringing", "on_call")],
        recordings=kept,
        tapes={sid: tapes[sid].sha256(tapes[sid].channels) for sid in kept},
    )


def _heals(healed: Healed) -> None:
    assert healed.told == healed.true
    assert healed.recordings == healed.tapes
    assert len(healed.recordings) >= 3
    assert healed.held == []
    assert healed.again == Report()


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_some_lost_callbacks_are_made_up_for_by_the_carriers_lists(
    share: float, database_url: str, tmp_path: Path
) -> None:
    chaos = Chaos(seed=3, drop=share)
    _heals(asyncio.run(live_day(database_url, tmp_path, PART, _healed, chaos)))


@pytest.mark.engine("sqlite")
def test_with_every_callback_lost_the_history_is_the_carriers_all_the_same(
    database_url: str, tmp_path: Path
) -> None:
    _heals(asyncio.run(live_day(database_url, tmp_path, WHOLE, _healed, Chaos(drop=1.0))))


def _flickering(share: float, town: Town, patch: pytest.MonkeyPatch) -> None:
    """This share of what the carrier's requests want of the store fails."""
    write, dice = town.services.store.write, random.Random(5)

    async def sometimes(verb: Callable[[Session], Any], **how: Any) -> Any:
        if "runtime" in getattr(verb, "keywords", {}) and dice.random() < share:
            raise StoreDown("the store is away")
        return await write(verb, **how)

    patch.setattr(town.services.store, "write", sometimes)


async def _after_the_outage(day: Day) -> tuple[dict[str, Any], dict[str, Any]]:
    town, parts = day.town, day.town.services
    assert parts.spool.depth() > 30
    await parts.spool.replay(partial(spool_replay.replay, parts.store, parts.runtime, parts.clock))
    calls = {truth.sid: await town.get(f"/calls/{truth.sid}") for truth in day.truths}
    told = {sid: told_of(call) | story_of(call) for sid, call in calls.items()}
    carrier = town.carrier
    true = {one.sid: true_of(carrier, one) | true_story(carrier, one, STAFF) for one in day.truths}
    return told, true


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_an_outage_of_the_store_costs_the_history_nothing(
    share: float, database_url: str, tmp_path: Path
) -> None:
    harm = partial(_flickering, share)
    told, true = asyncio.run(live_day(database_url, tmp_path, PART, _after_the_outage, harm=harm))
    assert told == true
