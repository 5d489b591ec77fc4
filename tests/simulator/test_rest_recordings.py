"""Recordings in the carrier's REST API, whole and damaged."""

import hashlib
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from callcrm.simulator.parties.callers import HangUp, LeaveMessage
from callcrm.simulator.rest.faults import FaultKind, RestFault
from tests.simulator.small_api import API, OK, Api, lived, recorded
from tests.simulator.small_app import build_world


def test_a_recordings_sound_is_there_once_it_has_been_told_and_not_before() -> None:
    world = recorded()
    seen: list[int] = []

    async def story(api: Api) -> None:
        async def look(sid: str) -> None:
            seen.append((await api.get(f"/Recordings/{sid}.wav")).status_code)

        def in_the_action(form: dict[str, str]) -> str:
            world.clock.spawn(look(form["RecordingSid"]))
            return "<Hangup/>"

        def in_the_callback(form: dict[str, str]) -> Response:
            world.clock.spawn(look(form["RecordingSid"]))
            return OK

        world.app.answers |= {"/dialled": in_the_action, "/taped": in_the_callback}
        await api.taped()

    lived(world, story)
    assert seen == [404, 200]


def test_both_channels_are_given_when_asked_for_and_match_the_known_hash() -> None:
    world = recorded()

    async def story(api: Api) -> tuple[httpx.Response, ...]:
        path = f"/Recordings/{await api.taped()}"
        return (await api.get(path, RequestedChannels=2), await api.get(path), await api.get(path + ".mp3"))

    dual, mono, mp3 = lived(world, story)
    (kept,) = world.carrier.state.recordings.by_sid.values()
    assert hashlib.sha256(dual.content).hexdigest() == kept.sha256(channels=2)
    assert hashlib.sha256(mono.content).hexdigest() == kept.sha256()
    assert dual.headers["content-type"] == "audio/x-wav"
    assert (mp3.headers["content-type"], mp3.content[:2]) == ("audio/mpeg", b"\xff\xf3")


def test_a_message_has_no_second_channel() -> None:
    world = build_world({"/voice": "<Record action='/taken'/>", "/taken": "<Hangup/>"})

    async def story(api: Api) -> int:
        await api.call(LeaveMessage(4), HangUp())
        (sid,) = world.carrier.state.recordings.by_sid
        return (await api.get(f"/Recordings/{sid}.wav", RequestedChannels=2)).status_code

    assert lived(world, story) == 400


def test_a_deleted_recording_is_gone() -> None:
    async def story(api: Api) -> tuple[int, int, list[Any]]:
        sid = await api.taped()
        deleted = await api.http.delete(f"{API}/Recordings/{sid}.json")
        listed = (await api.get("/Recordings.json")).json()["recordings"]
        return deleted.status_code, (await api.get(f"/Recordings/{sid}.wav")).status_code, listed

    assert lived(recorded(), story) == (204, 404, [])


def test_recordings_are_listed_by_call() -> None:
    async def story(api: Api) -> tuple[int, int]:
        await api.taped()
        (root,) = api.world.carrier.ground_truth.calls
        own = (await api.get(f"/Calls/{root}/Recordings.json")).json()["recordings"]
        other = (await api.get("/Recordings.json", CallSid="CA1")).json()["recordings"]
        return len(own), len(other)

    assert lived(recorded(), story) == (1, 0)


@pytest.mark.parametrize("kind", [FaultKind.TRUNCATED, FaultKind.HUGE, FaultKind.WRONG_TYPE, FaultKind.EMPTY])
def test_sound_may_arrive_damaged(kind: FaultKind) -> None:
    world = recorded()

    async def story(api: Api) -> httpx.Response:
        sid = await api.taped()
        api.rest.faults.add(RestFault(kind, ".wav"))
        return await api.get(f"/Recordings/{sid}.wav")

    answer = lived(world, story)
    (kept,) = world.carrier.state.recordings.by_sid.values()
    claimed = (answer.headers["content-length"], answer.content, answer.headers["content-type"])
    assert claimed != (str(len(kept.wav())), kept.wav(), "audio/x-wav")


@pytest.mark.parametrize("kind", [FaultKind.SLOW, FaultKind.LATE])
def test_slow_sound_is_whole_in_the_end(kind: FaultKind) -> None:
    world = recorded()

    async def story(api: Api) -> bytes:
        sid = await api.taped()
        api.rest.faults.add(RestFault(kind, ".wav", seconds=0))
        return (await api.get(f"/Recordings/{sid}.wav")).content

    body = lived(world, story)
    (kept,) = world.carrier.state.recordings.by_sid.values()
    assert body == kept.wav()
