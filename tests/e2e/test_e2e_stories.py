"""Calls that agents answer, wait for and miss, told from the caller's first ring to the history."""

import asyncio
from typing import Any

import pytest
from sqlmodel import select

from callcrm.layout import folder
from callcrm.models import LiveEvent
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
from tests.e2e.town import STAFF, Tell, Town, by_operator
from tests.e2e.truth import story_of, told_of, true_of, true_story

CALLER, OTHER, WITHHELD = "+12025550143", "+12025550144", "anonymous"
SALES = (Press("1"), Press("1"))
PERSIAN = (Press("2"), Press("1"))
SOUNDLESS = ("ringing", "beep", "silence")


def script(*steps: Step, patience: float = 300) -> Script:
    return Script(steps, patience)


async def _stored(town: Town, sid: str) -> dict[str, Any]:
    """The call once its recording is in our keeping."""
    for _ in range(200):
        call: dict[str, Any] = await town.get(f"/calls/{sid}")
        if [one["status"] for one in call["recordings"]] == ["stored"]:
            return call
        await asyncio.sleep(0.05)
    raise AssertionError(call["recordings"])


def test_a_call_is_answered_recorded_fetched_and_heard_again(tell: Tell) -> None:
    async def story(town: Town) -> None:
        truth = await town.call(CALLER, script(*SALES, Talk(30), HangUp()))
        call = await _stored(town, truth.sid)
        tape = town.carrier.state.recordings.by_sid[truth.recordings[0]]
        (recording,) = call["recordings"]
        assert recording["sha256"] == tape.sha256(2)
        headers = {"Authorization": f"Bearer {town.bearer}"}
        audio = await town.http.get(recording["media_url"], headers=headers)
        assert audio.content == tape.wav(2)
        assert await _ids(town) == [call["id"]]

    tell(story, duties=True)


async def _ids(town: Town) -> list[str]:
    return [call["id"] for call in (await town.get("/calls"))["items"]]


async def _history_is_true(town: Town, truth: CallTruth) -> dict[str, Any]:
    call: dict[str, Any] = await town.get(f"/calls/{truth.sid}")
    assert told_of(call) == true_of(town.carrier, truth)
    assert story_of(call) == true_story(town.carrier, truth, STAFF)
    return call


def test_whoever_waits_gets_the_next_agent_who_is_free(tell: Tell) -> None:
    async def story(town: Town) -> None:
        town.keep_tidy(600)
        first = town.calling(CALLER, script(*SALES, Talk(90), HangUp()))
        second = town.calling(OTHER, script(*SALES, Talk(20), HangUp()), after=20)
        truths = await town.clock.join(first, second)
        await town.carrier.settle()
        spoke, waited = [await _history_is_true(town, truth) for truth in truths]
        assert [one["agent"]["name"] for one in (spoke, waited)] == ["Ana", "Ana"]
        assert "You are number 1 in line." in truths[1].spoken_text
        assert waited["wait_seconds"] > 60
        assert [wait.result for wait in truths[1].queue_stays] == ["leave"]

    tell(story, staff={"Ana": STAFF["Ana"]}, people={STAFF["Ana"]: [answers(talks=900)]})


@pytest.mark.engine("sqlite")
def test_a_caller_who_hangs_up_while_it_rings_holds_nobody(tell: Tell) -> None:
    async def story(town: Town) -> None:
        truth = await town.call(CALLER, script(*SALES, Wait(10), HangUp()))
        call = await _history_is_true(town, truth)
        assert (call["outcome"], call["promise"]["kind"]) == ("abandoned", "missed")
        states = {one["name"]: one["state"] for one in (await town.get("/agents"))["items"]}
        assert states == {"Ana": "available", "Omar": "available"}

    tell(story, people={number: [no_answer()] for number in STAFF.values()})


@pytest.mark.engine("sqlite")
def test_an_agent_who_hangs_up_first_leaves_a_word_of_thanks(tell: Tell) -> None:
    async def story(town: Town) -> None:
        truth = await town.call(CALLER, script(*SALES, Talk(900)))
        await _history_is_true(town, truth)
        assert truth.spoken_text.endswith("Thank you for calling. Goodbye.")

    tell(story, people={number: [answers(talks=12)] for number in STAFF.values()})


async def _offered(town: Town) -> list[str]:
    """To whose screens calls were offered, one name for each time."""
    names = {agent: name for name, agent in town.agents.items()}
    told = select(LiveEvent.to).where(LiveEvent.kind == "call.offered")
    offers = await town.services.store.read(lambda session: session.exec(told).all())
    return sorted(names[agent] for to in offers for agent in to)


def test_a_call_is_offered_to_the_agents_who_are_rung_and_to_nobody_else(tell: Tell) -> None:
    async def story(town: Town) -> None:
        await town.sign_on("Ana", "Omar")
        truth = await town.call(CALLER, script(*SALES, Talk(9), HangUp()))
        call = await _history_is_true(town, truth)
        rung = sorted(leg["agent"]["name"] for leg in call["legs"])
        assert rung == ["Ana", "Omar"]
        assert sorted(pop["agent"]["name"] for pop in call["pops"]) == rung
        assert await _offered(town) == rung

    tell(
        story,
        staff=STAFF | {"Mina": "+12025550173"},
        people={STAFF["Ana"]: [no_answer()], STAFF["Omar"]: [answers()]},
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


def _strange(sounds: list[Sound]) -> list[str]:
    """What a Persian caller would not understand."""
    wordless = [one for one in sounds if one.kind not in SOUNDLESS]
    return [one.url or one.text for one in wordless if not _persian(one)]


def _persian(sound: Sound) -> bool:
    return "/prompts/fa/" in sound.url or sound.url.endswith("/prompts/any/hold.wav")


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("what", PERSIAN_CALLS)
def test_a_persian_caller_hears_persian_alone(tell: Tell, what: str) -> None:
    caller, steps = PERSIAN_CALLS[what]

    async def story(town: Town) -> None:
        if what.startswith("waits"):
            town.calling(OTHER, script(*SALES, Talk(200), HangUp()))
        (truth,) = await town.clock.join(town.calling(caller, script(*steps), after=20))
        await town.carrier.settle()
        chosen = truth.pressed[0].at
        heard = [one.sound for one in truth.heard if one.at >= chosen]
        assert _strange(heard) == []
        assert truth.errors == []
        assert sum(one.kind == "play" for one in heard) >= 2
        assert (await _history_is_true(town, truth))["language"] == "fa"

    one_agent = {"Ana": STAFF["Ana"]}
    people = {STAFF["Ana"]: [answers(talks=900)]} | by_operator(no_answer())
    tell(story, staff=one_agent, people=people)


@pytest.mark.engine("sqlite")
def test_every_clip_is_served_and_can_be_played(tell: Tell) -> None:
    clips = sorted(folder("ivr_flows").glob("prompts/*/*.wav"))

    async def story(town: Town) -> None:
        for clip in clips:
            answer = await town.http.get(f"/prompts/{clip.parent.name}/{clip.name}")
            assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav"), clip.name
            assert playing_time(answer.content) > 0.2, clip.name

    assert len(clips) > 40
    tell(story)
