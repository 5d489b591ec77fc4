"""Calls that agents answer and miss and that callers wait for, from the first ring to the history."""

import asyncio
from typing import Any

import pytest
from sqlmodel import select

from callcrm.models import LiveEvent
from callcrm.paths import folder
from callcrm.simulator.ground_truth import CallTruth
from callcrm.simulator.parties.audio import playing_time
from callcrm.simulator.parties.callees import answers, no_answer
from callcrm.simulator.parties.callers import (
    HangUp,
    LeaveMessage,
    Press,
    Script,
    Step,
    Talk,
    Wait,
    WaitForWords,
)
from callcrm.simulator.parties.media import Sound
from tests.e2e.call_centre import STAFF, CallCentre, RunStory, at_operator
from tests.e2e.expected_history import api_details, api_outline, true_details, true_outline

CALLER, OTHER, WITHHELD = "+12025550143", "+12025550144", "anonymous"
SALES = (Press("1"), Press("1"))
PERSIAN = (Press("2"), Press("1"))
WORDLESS = ("ringing", "beep", "silence")


def script(*steps: Step, patience: float = 300) -> Script:
    return Script(steps, patience)


async def _stored(centre: CallCentre, sid: str) -> dict[str, Any]:
    """The call once its recording is in our keeping."""
    for _ in range(200):
        call: dict[str, Any] = await centre.get(f"/calls/{sid}")
        if [recording["status"] for recording in call["recordings"]] == ["stored"]:
            return call
        await asyncio.sleep(0.05)
    raise AssertionError(call["recordings"])


def test_a_call_is_answered_recorded_fetched_and_heard_again(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        truth = await centre.call(CALLER, script(*SALES, Talk(30), HangUp()))
        call = await _stored(centre, truth.sid)
        original = centre.carrier.state.recordings.by_sid[truth.recordings[0]]
        (recording,) = call["recordings"]
        assert recording["sha256"] == original.sha256(2)
        headers = {"Authorization": f"Bearer {centre.bearer}"}
        audio = await centre.http.get(recording["media_url"], headers=headers)
        assert audio.content == original.wav(2)
        assert await _ids(centre) == [call["id"]]

    run_story(story, background=True)


async def _ids(centre: CallCentre) -> list[str]:
    return [call["id"] for call in (await centre.get("/calls"))["items"]]


async def _history_is_true(centre: CallCentre, truth: CallTruth) -> dict[str, Any]:
    await centre.run_jobs()  # what an ended call leaves to do, a promise above all, is made by a job
    call: dict[str, Any] = await centre.get(f"/calls/{truth.sid}")
    assert api_outline(call) == true_outline(centre.carrier, truth)
    assert api_details(call) == true_details(centre.carrier, truth, STAFF)
    return call


def test_a_waiting_caller_gets_the_next_available_agent(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        centre.keep_tidy(600)
        first = centre.start_call(CALLER, script(*SALES, Talk(90), HangUp()))
        second = centre.start_call(OTHER, script(*SALES, Talk(20), HangUp()), after=20)
        truths = await centre.clock.join(first, second)
        await centre.carrier.settle()
        spoke, waited = [await _history_is_true(centre, truth) for truth in truths]
        assert [call["agent"]["name"] for call in (spoke, waited)] == ["Ana", "Ana"]
        assert "You are number 1 in line." in truths[1].spoken_text
        assert waited["wait_seconds"] > 60
        assert [wait.result for wait in truths[1].queue_stays] == ["leave"]

    run_story(story, staff={"Ana": STAFF["Ana"]}, callees={STAFF["Ana"]: [answers(talks=900)]})


@pytest.mark.engine("sqlite")
def test_a_caller_who_hangs_up_while_ringing_releases_the_agents(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        truth = await centre.call(CALLER, script(*SALES, Wait(10), HangUp()))
        call = await _history_is_true(centre, truth)
        assert (call["outcome"], call["promise"]["kind"]) == ("abandoned", "missed")
        states = {agent["name"]: agent["state"] for agent in (await centre.get("/agents"))["items"]}
        assert states == {"Ana": "available", "Omar": "available"}

    run_story(story, callees={number: [no_answer()] for number in STAFF.values()})


@pytest.mark.engine("sqlite")
def test_when_the_agent_hangs_up_first_the_caller_hears_thanks(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        truth = await centre.call(CALLER, script(*SALES, Talk(900)))
        await _history_is_true(centre, truth)
        assert truth.spoken_text.endswith("Thank you for calling. Goodbye.")

    run_story(story, callees={number: [answers(talks=12)] for number in STAFF.values()})


async def _agents_offered(centre: CallCentre) -> list[str]:
    """The agents to whose screens calls were offered, a name for each time."""
    names = {agent: name for name, agent in centre.agents.items()}
    query = select(LiveEvent.to).where(LiveEvent.kind == "call.offered")
    offers = await centre.services.store.read(lambda session: session.exec(query).all())
    return sorted(names[agent] for to in offers for agent in to)


def test_a_call_is_offered_to_the_agents_who_are_rung_and_to_nobody_else(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        await centre.sign_on("Ana", "Omar")
        truth = await centre.call(CALLER, script(*SALES, Talk(9), HangUp()))
        call = await _history_is_true(centre, truth)
        rung = sorted(leg["agent"]["name"] for leg in call["legs"])
        assert rung == ["Ana", "Omar"]
        assert sorted(pop["agent"]["name"] for pop in call["pops"]) == rung
        assert await _agents_offered(centre) == rung

    run_story(
        story,
        staff=STAFF | {"Mina": "+12025550173"},
        callees={STAFF["Ana"]: [no_answer()], STAFF["Omar"]: [answers()]},
    )


PERSIAN_CALLS: dict[str, tuple[str, tuple[Step, ...]]] = {
    "speaks": (CALLER, (*PERSIAN, Talk(9), HangUp())),
    "waits, then leaves a message": (
        CALLER,
        (
            *PERSIAN,
            WaitForWords("wait-position-1"),
            WaitForWords("hold"),
            Press("2"),
            LeaveMessage(9),
            HangUp(),
        ),
    ),
    "waits, then wants to be called back on another number": (
        CALLER,
        (*PERSIAN, WaitForWords("wait-choices"), Press("1"), Press("2"), Press("2025550166#"), Wait(30)),
    ),
    "says nothing, twice": (CALLER, (Press("2"), LeaveMessage(9), HangUp())),
    "is withheld": (WITHHELD, (Press("2"), Press("0"), LeaveMessage(9), HangUp())),
}


def _not_persian(sounds: list[Sound]) -> list[str]:
    """What a Persian caller would not understand."""
    with_words = [sound for sound in sounds if sound.kind not in WORDLESS]
    return [sound.url or sound.text for sound in with_words if not _persian(sound)]


def _persian(sound: Sound) -> bool:
    return "/prompts/fa/" in sound.url or sound.url.endswith("/prompts/any/hold.wav")


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("name", PERSIAN_CALLS)
def test_a_persian_caller_hears_persian_alone(run_story: RunStory, name: str) -> None:
    caller, steps = PERSIAN_CALLS[name]

    async def story(centre: CallCentre) -> None:
        if name.startswith("waits"):
            centre.start_call(OTHER, script(*SALES, Talk(200), HangUp()))
        (truth,) = await centre.clock.join(centre.start_call(caller, script(*steps), after=20))
        await centre.carrier.settle()
        chosen_at = truth.pressed[0].at
        sounds = [heard_sound.sound for heard_sound in truth.heard_sounds if heard_sound.at >= chosen_at]
        assert _not_persian(sounds) == []
        assert truth.errors == []
        assert sum(sound.kind == "play" for sound in sounds) >= 2
        assert (await _history_is_true(centre, truth))["language"] == "fa"

    one_agent = {"Ana": STAFF["Ana"]}
    callees = {STAFF["Ana"]: [answers(talks=900)]} | at_operator(no_answer())
    run_story(story, staff=one_agent, callees=callees)


@pytest.mark.engine("sqlite")
def test_every_clip_is_served_and_can_be_played(run_story: RunStory) -> None:
    clips = sorted(folder("ivr_flows").glob("prompts/*/*.wav"))

    async def story(centre: CallCentre) -> None:
        for clip in clips:
            response = await centre.http.get(f"/prompts/{clip.parent.name}/{clip.name}")
            assert (response.status_code, response.headers["content-type"]) == (200, "audio/wav"), clip.name
            assert playing_time(response.content) > 0.2, clip.name

    assert len(clips) > 40
    run_story(story)
