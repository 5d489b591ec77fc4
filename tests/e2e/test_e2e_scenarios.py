"""Every scenario of the simulated carrier lived once with the real app, on each engine."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from callcrm.simulator.ground_truth import CallTruth
from callcrm.simulator.scenarios.library import Scenario, library
from callcrm.simulator.wire.wire_log import Exchange
from tests.e2e.town import STAFF, Town, open_town
from tests.e2e.truth import story_of, told_of, true_of, true_story

TALKS = ("answered", "support", "second_ring", "shared_number", "withheld", "persian_caller")
STAFFED = (*TALKS, "callback", "abandoned_in_queue")  # the others are about nobody being there


@dataclass(frozen=True)
class Lived:
    """One call of a scenario: as it was, as the API tells it, and whether its audio is the carrier's."""

    scenario: Scenario
    truth: CallTruth
    call: dict[str, Any]
    really: dict[str, Any]
    story: dict[str, Any]
    audio: dict[str, bool]


@dataclass(frozen=True)
class Library:
    """All scenarios lived, and everything the carrier asked meanwhile."""

    lived: tuple[Lived, ...]
    asked: tuple[Exchange, ...]

    def all(self, of: Callable[[Lived], object]) -> dict[str, object]:
        """Something of each call, by the name of its scenario."""
        return {one.scenario.name: of(one) for one in self.lived}


async def _live_all(database_url: str, folder: Path) -> Library:
    async with open_town(database_url, folder) as town:
        lived = [await _live(town, scenario) for scenario in library().values()]
        return Library(tuple(lived), tuple(town.carrier.wire_log))


async def _live(town: Town, scenario: Scenario) -> Lived:
    await town.sign_on(*(STAFF if scenario.name in STAFFED else ()))
    truth = await town.live(scenario)
    await town.work()
    call = await town.get(f"/calls/{truth.sid}")
    kept = {one["carrier_sid"]: one for one in call["recordings"]}
    tapes = town.carrier.state.recordings.by_sid
    audio = {
        sid: one["status"] == "stored" and one["sha256"] == tapes[sid].sha256(tapes[sid].channels)
        for sid, one in kept.items()
    }
    await town.later(60)
    carrier = town.carrier
    return Lived(scenario, truth, call, true_of(carrier, truth), true_story(carrier, truth, STAFF), audio)


_cache: dict[str, Library] = {}


@pytest.fixture
def lived(database_url: str, tmp_path: Path) -> Library:
    """The library, lived once on each engine."""
    engine = database_url.partition(":")[0]
    if engine not in _cache:
        _cache[engine] = asyncio.run(_live_all(database_url, tmp_path))
    return _cache[engine]


def test_every_scenario_goes_as_its_caller_may_expect(lived: Library) -> None:
    complaints = lived.all(lambda one: one.scenario.complaints(one.truth))
    assert complaints == dict.fromkeys(library(), ())


def test_every_request_of_the_carrier_is_taken(lived: Library) -> None:
    untaken = [(one.url, one.status, one.failure) for one in lived.asked if one.status not in (200, 204)]
    assert untaken == []


def test_no_document_makes_the_carrier_complain(lived: Library) -> None:
    assert [warning for one in lived.lived for warning in one.truth.warnings] == []


def test_the_history_says_what_the_carrier_knows(lived: Library) -> None:
    assert lived.all(lambda one: told_of(one.call)) == lived.all(lambda one: one.really)


def test_the_history_tells_who_was_rung_who_spoke_and_how_long_it_took(lived: Library) -> None:
    assert lived.all(lambda one: story_of(one.call)) == lived.all(lambda one: one.story)


def test_whoever_wants_a_queue_speaks_with_one_of_ours(lived: Library) -> None:
    spoke = {one.scenario.name for one in lived.lived if one.call["agent"]}
    assert spoke == set(TALKS)
    queues = {one.call["queue"] for one in lived.lived if one.call["agent"]}
    assert queues == {"sales", "support"}


def test_every_recording_is_stored_byte_for_byte(lived: Library) -> None:
    stored = lived.all(lambda one: all(one.audio.values()))
    assert stored == dict.fromkeys(library(), True)
    assert sum(len(one.audio) for one in lived.lived) >= 10


def test_what_is_left_undone_is_promised(lived: Library) -> None:
    for one in lived.lived:
        outcome, promise = one.call["outcome"], one.call["promise"]
        owed = {"voicemail": "voicemail", "callback": "callback", "abandoned": "missed"}.get(outcome)
        if one.scenario.name == "withheld":
            owed = None
        assert (promise["kind"] if promise else None) == owed, one.scenario.name
    assert {"voicemail", "callback", "answered", "abandoned"} <= _outcomes(lived.lived)


def _outcomes(lived: Iterable[Lived]) -> set[str]:
    return {one.call["outcome"] for one in lived}


def test_every_call_is_in_the_history_once(lived: Library) -> None:
    sids = [one.call["carrier_sid"] for one in lived.lived]
    assert sids == [one.truth.sid for one in lived.lived]
    assert len(set(sids)) == len(library())
