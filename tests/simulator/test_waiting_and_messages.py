"""Enqueue, Leave and Record on a call."""

import asyncio
import hashlib
import io
import wave

import pytest
from starlette.responses import Response

from callcrm.simulator.parties.callers import Handset, HangUp, LeaveMessage, Press, Script, Wait
from callcrm.simulator.settings import CarrierSettings
from tests.simulator.small_app import CALLER, World, build_world

OK = Response(status_code=204)
QUEUE = "<Enqueue waitUrl='/wait' action='/left'>sales</Enqueue>"
RECORD = "<Say>Speak</Say><Record action='/taken' recordingStatusCallback='/taped' timeout='5' {more}/>"


def waiting(wait: str, **more: object) -> World:
    return build_world({"/voice": QUEUE, "/wait": wait, "/left": "<Hangup/>"}, **more)  # type: ignore[arg-type]


def test_the_waiting_document_is_asked_for_again_each_time_it_ends() -> None:
    world = waiting("<Pause length='10'/>")
    world.call(Wait(35), HangUp())
    assert [form["QueueTime"] for form in world.app.asked("/wait")] == ["0", "10", "20", "30"]
    assert {form["QueuePosition"] for form in world.app.asked("/wait")} == {"1"}


def test_leaving_the_queue_goes_to_its_action() -> None:
    world = waiting("<Pause length='7'/><Leave/>")
    call = world.call()
    (told,) = world.app.asked("/left")
    assert (told["QueueResult"], told["QueueTime"]) == ("leave", "7")
    assert told["QueueSid"].startswith("QU")
    assert call.queue_stays[0].result == "leave"


def test_leaving_a_queue_without_action_goes_on_with_the_next_verb() -> None:
    world = build_world({"/voice": "<Enqueue waitUrl='/w'>sales</Enqueue><Say>Out</Say>", "/w": "<Leave/>"})
    assert world.call().spoken_text == "Out"


def test_a_key_in_the_waiting_document_leads_to_its_own_action() -> None:
    world = waiting("<Gather numDigits='1' action='/key'/><Redirect>/wait</Redirect>")
    world.app.answers["/key"] = "<Leave/>"
    world.call(Press("0"))
    (told,) = world.app.asked("/key")
    assert (told["Digits"], told["QueuePosition"]) == ("0", "1")
    assert world.app.asked("/left")[0]["QueueResult"] == "leave"


def test_queue_figures_may_come_with_the_waiting_document_alone() -> None:
    world = waiting(
        "<Gather numDigits='1' action='/key'/>", settings=CarrierSettings(queue_in_redirects=False)
    )
    world.app.answers["/key"] = "<Leave/>"
    world.call(Press("0"))
    assert "QueuePosition" in world.app.asked("/wait")[0]
    assert "QueuePosition" not in world.app.asked("/key")[0]


def test_a_caller_who_hangs_up_in_the_queue_is_told_of() -> None:
    world = waiting("<Pause length='10'/>")
    call = world.call(Wait(15), HangUp())
    (told,) = world.app.asked("/left")
    assert (told["QueueResult"], told["CallStatus"]) == ("hangup", "completed")
    assert call.queue_stays[0].result == "hangup"


def test_the_carrier_may_keep_a_hang_up_in_the_queue_to_itself() -> None:
    world = waiting("<Pause length='10'/>", settings=CarrierSettings(queue_result_on_hangup=False))
    world.call(Wait(15), HangUp())
    assert world.app.asked("/left") == []
    assert world.app.asked("/status")[0]["CallStatus"] == "completed"


def test_a_waiting_document_that_fails_ends_the_wait_with_an_error() -> None:
    world = build_world(
        {"/voice": QUEUE, "/wait": Response(status_code=500), "/left": "<Say>Sorry</Say>"}, fallback=False
    )
    call = world.call()
    assert world.app.asked("/left")[0]["QueueResult"] == "error"
    assert call.spoken_text == "Sorry"


def test_nobody_is_rung_from_a_waiting_document() -> None:
    world = waiting("<Dial>+12025550171</Dial><Leave/>")
    call = world.call()
    assert call.legs == []
    assert [warning.code for warning in call.warnings] == [12200]


def test_a_full_queue_turns_the_caller_away() -> None:
    world = waiting("<Leave/>", settings=CarrierSettings(queue_size=0))
    world.call()
    assert world.app.asked("/left")[0]["QueueResult"] == "queue-full"


def test_callers_stand_in_the_order_of_their_coming() -> None:
    world = waiting("<Pause length='60'/>")

    async def two() -> None:
        clock, line = world.clock, world.line

        async def second() -> None:
            await clock.sleep(5)
            await world.carrier.call("+12025550144", line, Script((Wait(5), HangUp())))

        clock.spawn(second())
        await world.carrier.call(CALLER, line, Script((Wait(20), HangUp())))
        await world.carrier.settle()

    asyncio.run(two())
    assert [form["QueuePosition"] for form in world.app.asked("/wait")] == ["1", "2"]
    assert [form["CurrentQueueSize"] for form in world.app.asked("/wait")] == ["1", "2"]


def recording(more: str = "", action: str = "<Say>Thanks</Say>") -> World:
    return build_world({"/voice": RECORD.format(more=more), "/taken": action, "/taped": OK})


def test_a_message_ended_by_hanging_up_is_told_with_its_length() -> None:
    world = recording()
    call = world.call(LeaveMessage(12), HangUp())
    (told,) = world.app.asked("/taken")
    assert (told["Digits"], told["CallStatus"]) == ("hangup", "completed")
    assert told["RecordingDuration"] == "12"
    assert call.voicemails == [told["RecordingSid"]]
    assert "Thanks" not in call.spoken_text


def test_a_message_ended_by_a_key_goes_on_at_the_action() -> None:
    world = recording("finishOnKey='#'")
    call = world.call(LeaveMessage(6), _PressNow())
    (told,) = world.app.asked("/taken")
    assert (told["Digits"], told["CallStatus"]) == ("#", "in-progress")
    assert call.spoken_text.endswith("Thanks")


class _PressNow:
    async def act(self, phone: Handset) -> None:
        phone.audio_in.press("5#")


def test_silence_ends_a_message_and_the_callback_tells_its_trimmed_length() -> None:
    world = recording()
    world.call(LeaveMessage(6))
    assert world.app.asked("/taken")[0]["RecordingDuration"] == "11"
    assert world.app.asked("/taken")[0]["Digits"] == ""
    assert world.app.asked("/taped")[0]["RecordingDuration"] == "6"


def test_a_caller_who_says_nothing_leaves_a_moment_of_silence_and_no_message() -> None:
    world = recording()
    call = world.call()
    assert world.app.asked("/taped")[0]["RecordingDuration"] == "1"
    assert not call.left_message
    assert call.recorder_reached_at is not None


def test_a_message_is_no_longer_than_allowed() -> None:
    world = recording("maxLength='10'")
    world.call(LeaveMessage(60))
    assert world.app.asked("/taken")[0]["RecordingDuration"] == "10"


def test_the_recorded_sound_is_real_and_its_hash_is_known() -> None:
    world = recording()
    call = world.call(LeaveMessage(3), HangUp())
    kept = world.carrier.state.recordings.by_sid[call.recordings[0]]
    with wave.open(io.BytesIO(kept.wav())) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnframes()) == (8000, 2, 3 * 8000)
    assert hashlib.sha256(kept.wav()).hexdigest() == kept.sha256()


def test_a_real_voice_is_kept_as_it_was() -> None:
    world = recording()
    call = world.call(LeaveMessage(3, audio=b"RIFF-voice"), HangUp())
    assert world.carrier.state.recordings.by_sid[call.recordings[0]].wav() == b"RIFF-voice"


@pytest.mark.parametrize("name", ["/taken", "/taped"])
def test_a_recordings_url_bears_its_sid(name: str) -> None:
    world = recording()
    call = world.call(LeaveMessage(3))
    assert world.app.asked(name)[0]["RecordingUrl"].endswith(call.recordings[0])
