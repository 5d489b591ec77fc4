"""Recordings in the carrier's REST API, whole and damaged."""

import asyncio
import hashlib
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from callcrm.simulator.clock import Clock
from callcrm.simulator.parties.callers import HangUp, LeaveMessage
from callcrm.simulator.recordings import Recording, Recordings
from callcrm.simulator.rest.faults import FaultKind, RestFault
from tests.simulator.api_client import API, OK, ApiClient, run_story, simulate_recording
from tests.simulator.simulation import simulate


def test_a_recordings_sound_is_there_once_it_has_been_told_and_not_before() -> None:
    simulation = simulate_recording()
    seen: list[int] = []

    async def story(api: ApiClient) -> None:
        async def look(sid: str) -> None:
            seen.append((await api.get(f"/Recordings/{sid}.wav")).status_code)

        def in_the_action(form: dict[str, str]) -> str:
            simulation.clock.spawn(look(form["RecordingSid"]))
            return "<Hangup/>"

        def in_the_callback(form: dict[str, str]) -> Response:
            simulation.clock.spawn(look(form["RecordingSid"]))
            return OK

        simulation.app.answers |= {"/dialled": in_the_action, "/recorded": in_the_callback}
        await api.record_call()

    run_story(simulation, story)
    assert seen == [404, 200]


def test_both_channels_are_given_when_asked_for_and_match_the_known_hash() -> None:
    simulation = simulate_recording()

    async def story(api: ApiClient) -> tuple[httpx.Response, ...]:
        path = f"/Recordings/{await api.record_call()}"
        return (await api.get(path, RequestedChannels=2), await api.get(path), await api.get(path + ".mp3"))

    dual, mono, mp3 = run_story(simulation, story)
    (recording,) = simulation.carrier.state.recordings.by_sid.values()
    assert hashlib.sha256(dual.content).hexdigest() == recording.sha256(channels=2)
    assert hashlib.sha256(mono.content).hexdigest() == recording.sha256()
    assert dual.headers["content-type"] == "audio/x-wav"
    assert (mp3.headers["content-type"], mp3.content[:2]) == ("audio/mpeg", b"\xff\xf3")


def test_a_message_has_no_second_channel() -> None:
    simulation = simulate({"/voice": "<Record action='/taken'/>", "/taken": "<Hangup/>"})

    async def story(api: ApiClient) -> int:
        await api.call(LeaveMessage(4), HangUp())
        (sid,) = simulation.carrier.state.recordings.by_sid
        return (await api.get(f"/Recordings/{sid}.wav", RequestedChannels=2)).status_code

    assert run_story(simulation, story) == 400


def test_a_deleted_recording_is_gone() -> None:
    async def story(api: ApiClient) -> tuple[int, int, list[Any]]:
        sid = await api.record_call()
        deleted = await api.http.delete(f"{API}/Recordings/{sid}.json")
        listed = (await api.get("/Recordings.json")).json()["recordings"]
        return deleted.status_code, (await api.get(f"/Recordings/{sid}.wav")).status_code, listed

    assert run_story(simulate_recording(), story) == (204, 404, [])


def test_recordings_are_listed_by_call() -> None:
    async def story(api: ApiClient) -> tuple[int, int]:
        await api.record_call()
        (root,) = api.simulation.carrier.ground_truth.calls
        own = (await api.get(f"/Calls/{root}/Recordings.json")).json()["recordings"]
        other = (await api.get("/Recordings.json", CallSid="CA1")).json()["recordings"]
        return len(own), len(other)

    assert run_story(simulate_recording(), story) == (1, 0)


@pytest.mark.parametrize("kind", [FaultKind.TRUNCATED, FaultKind.HUGE, FaultKind.WRONG_TYPE, FaultKind.EMPTY])
def test_sound_may_arrive_damaged(kind: FaultKind) -> None:
    simulation = simulate_recording()

    async def story(api: ApiClient) -> httpx.Response:
        sid = await api.record_call()
        api.rest.faults.add(RestFault(kind, ".wav"))
        return await api.get(f"/Recordings/{sid}.wav")

    response = run_story(simulation, story)
    (recording,) = simulation.carrier.state.recordings.by_sid.values()
    claimed = (response.headers["content-length"], response.content, response.headers["content-type"])
    assert claimed != (str(len(recording.wav())), recording.wav(), "audio/x-wav")


@pytest.mark.parametrize("kind", [FaultKind.SLOW, FaultKind.LATE])
def test_slow_sound_is_whole_in_the_end(kind: FaultKind) -> None:
    simulation = simulate_recording()

    async def story(api: ApiClient) -> bytes:
        sid = await api.record_call()
        api.rest.faults.add(RestFault(kind, ".wav", seconds=0))
        return (await api.get(f"/Recordings/{sid}.wav")).content

    body = run_story(simulation, story)
    (recording,) = simulation.carrier.state.recordings.by_sid.values()
    assert body == recording.wav()


def test_who_keeps_recordings_can_give_them_a_voice_but_never_another_ones() -> None:
    async def run() -> list[bytes]:
        time = Clock()
        recordings = Recordings(time, 0.0)
        recordings.make_audio = lambda recording: b"hum of " + recording.sid.encode()
        made = [Recording(sid, "CA1", "DialVerb", 2, time.now()) for sid in ("RE1", "RE2")]
        made[1].audio = b"a real voice"
        for recording in made:
            recordings.begin(recording)
            recordings.finish(recording, 3.0, lambda _: None)
        await time.settle()
        return [recording.wav(2) for recording in made]

    assert asyncio.run(run()) == [b"hum of RE1", b"a real voice"]
