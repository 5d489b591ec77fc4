"""Every scenario of the simulated carrier run once with the real app, on each engine."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from callcrm.simulator.ground_truth import CallTruth
from callcrm.simulator.scenarios.library import Scenario, library
from callcrm.simulator.wire.wire_log import Exchange
from tests.e2e.call_centre import STAFF, CallCentre, open_call_centre
from tests.e2e.expected_history import api_details, api_outline, true_details, true_outline

TALKS = (
    "answered",
    "support",
    "second_ring",
    "callback_ignored",
    "shared_number",
    "withheld",
    "persian_caller",
    "survey",
    "survey_operator",
)
STAFFED = (*TALKS, "callback", "abandoned_in_queue")  # the others are about nobody being there


@dataclass(frozen=True)
class ScenarioCall:
    """One call of a scenario: what happened, what the API has of it and must have, and its recordings.

    `audio`: by SID, whether the stored recording is the carrier's, byte for byte.
    """

    scenario: Scenario
    truth: CallTruth
    api: dict[str, Any]
    true_outline: dict[str, Any]
    true_details: dict[str, Any]
    audio: dict[str, bool]


@dataclass(frozen=True)
class ScenarioCalls:
    """A call of every scenario, and everything the carrier requested meanwhile."""

    calls: tuple[ScenarioCall, ...]
    exchanges: tuple[Exchange, ...]

    def values(self, value_of: Callable[[ScenarioCall], object]) -> dict[str, object]:
        """A value of each call, by the name of its scenario."""
        return {call.scenario.name: value_of(call) for call in self.calls}


async def _run_all(database_url: str, folder: Path) -> ScenarioCalls:
    async with open_call_centre(database_url, folder) as centre:
        # Each by a caller of its own: one caller is owed one promise.
        calls = [await _run_scenario(centre, *numbered) for numbered in enumerate(library().values())]
        return ScenarioCalls(tuple(calls), tuple(centre.carrier.wire_log))


async def _run_scenario(centre: CallCentre, number: int, scenario: Scenario) -> ScenarioCall:
    await centre.sign_on(*(STAFF if scenario.name in STAFFED else ()))
    truth = await centre.run_scenario(scenario, number)
    await centre.run_jobs()
    call = await centre.get(f"/calls/{truth.sid}")
    recordings_by_sid = centre.carrier.state.recordings.by_sid
    audio = {}
    for recording in call["recordings"]:
        original = recordings_by_sid[recording["carrier_sid"]]
        same = recording["sha256"] == original.sha256(original.channels)
        audio[original.sid] = recording["status"] == "stored" and same
    await centre.pass_time(60)
    carrier = centre.carrier
    return ScenarioCall(
        scenario, truth, call, true_outline(carrier, truth), true_details(carrier, truth, STAFF), audio
    )


_cache: dict[str, ScenarioCalls] = {}


@pytest.fixture
def calls(database_url: str, tmp_path: Path) -> ScenarioCalls:
    """The library, run once on each engine."""
    engine = database_url.partition(":")[0]
    if engine not in _cache:
        _cache[engine] = asyncio.run(_run_all(database_url, tmp_path))
    return _cache[engine]


def test_every_scenario_meets_its_expectations(calls: ScenarioCalls) -> None:
    complaints = calls.values(lambda call: call.scenario.complaints(call.truth))
    assert complaints == dict.fromkeys(library(), ())


def test_every_request_of_the_carrier_is_accepted(calls: ScenarioCalls) -> None:
    refused = [
        (exchange.url, exchange.status, exchange.failure)
        for exchange in calls.exchanges
        if exchange.status not in (200, 204)
    ]
    assert refused == []


def test_no_document_causes_a_carrier_warning(calls: ScenarioCalls) -> None:
    assert [warning for call in calls.calls for warning in call.truth.warnings] == []


def test_the_history_agrees_with_the_carrier(calls: ScenarioCalls) -> None:
    assert calls.values(lambda call: api_outline(call.api)) == calls.values(lambda call: call.true_outline)


def test_the_history_has_who_was_rung_who_spoke_and_all_durations(calls: ScenarioCalls) -> None:
    assert calls.values(lambda call: api_details(call.api)) == calls.values(lambda call: call.true_details)


def test_callers_who_choose_a_queue_speak_with_an_agent(calls: ScenarioCalls) -> None:
    spoke = {call.scenario.name for call in calls.calls if call.api["agent"]}
    assert spoke == set(TALKS)
    queues = {call.api["queue"] for call in calls.calls if call.api["agent"]}
    assert queues == {"sales", "support"}


def test_every_recording_is_stored_byte_for_byte(calls: ScenarioCalls) -> None:
    stored = calls.values(lambda call: all(call.audio.values()))
    assert stored == dict.fromkeys(library(), True)
    assert sum(len(call.audio) for call in calls.calls) >= 10


def test_every_unanswered_call_has_its_promise(calls: ScenarioCalls) -> None:
    for call in calls.calls:
        outcome, promise = call.api["outcome"], call.api["promise"]
        expected = {"voicemail": "voicemail", "callback": "callback", "abandoned": "missed"}.get(outcome)
        if call.scenario.name == "withheld":
            expected = None
        assert (promise["kind"] if promise else None) == expected, call.scenario.name
    assert {"voicemail", "callback", "answered", "abandoned"} <= _outcomes(calls.calls)


def _outcomes(calls: Iterable[ScenarioCall]) -> set[str]:
    return {call.api["outcome"] for call in calls}


def test_every_call_is_in_the_history_once(calls: ScenarioCalls) -> None:
    sids = [call.api["carrier_sid"] for call in calls.calls]
    assert sids == [call.truth.sid for call in calls.calls]
    assert len(set(sids)) == len(library())
