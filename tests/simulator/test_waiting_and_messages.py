"""Enqueue, Leave and Record on a call."""

import asyncio
import hashlib
import io
import wave

import pytest
from starlette.responses import Response

from callcrm.simulator.parties.callers import Handset, HangUp, LeaveMessage, Press, Script, Wait
from callcrm.simulator.settings import CarrierSettings
from tests.simulator.simulation import CALLER, Simulation, simulate

OK = Response(status_code=204)
QUEUE = "<Enqueue waitUrl='/wait' action='/left'>sales</Enqueue>"
RECORD = "<Say>Speak</Say><Record action='/taken' recordingStatusCallback='/recorded' timeout='5' {more}/>"


def simulate_queue(wait: str, **more: object) -> Simulation:
    return simulate({"/voice": QUEUE, "/wait": wait, "/left": "<Hangup/>"}, **more)  # type: ignore[arg-type]


def test_the_waiting_document_is_asked_for_again_each_time_it_ends() -> None:
    simulation = simulate_queue("<Pause length='10'/>")
    simulation.call(Wait(35), HangUp())
    assert [form["QueueTime"] for form in simulation.app.requests_to("/wait")] == ["0", "10", "20", "30"]
    assert {form["QueuePosition"] for form in simulation.app.requests_to("/wait")} == {"1"}


def test_leaving_the_queue_goes_to_its_action() -> None:
    simulation = simulate_queue("<Pause length='7'/><Leave/>")
    call = simulation.call()
    (form,) = simulation.app.requests_to("/left")
    assert (form["QueueResult"], form["QueueTime"]) == ("leave", "7")
    assert form["QueueSid"].startswith("QU")
    assert call.queue_stays[0].result == "leave"


def test_leaving_a_queue_without_action_goes_on_with_the_next_verb() -> None:
    simulation = simulate({"/voice": "<Enqueue waitUrl='/w'>sales</Enqueue><Say>Out</Say>", "/w": "<Leave/>"})
    assert simulation.call().spoken_text == "Out"


def test_a_key_in_the_waiting_document_leads_to_its_own_action() -> None:
    simulation = simulate_queue("<Gather numDigits='1' action='/key'/><Redirect>/wait</Redirect>")
    simulation.app.answers["/key"] = "<Leave/>"
    simulation.call(Press("0"))
    (form,) = simulation.app.requests_to("/key")
    assert (form["Digits"], form["QueuePosition"]) == ("0", "1")
    assert simulation.app.requests_to("/left")[0]["QueueResult"] == "leave"


def test_queue_figures_may_come_with_the_waiting_document_alone() -> None:
    simulation = simulate_queue(
        "<Gather numDigits='1' action='/key'/>", settings=CarrierSettings(queue_in_redirects=False)
    )
    simulation.app.answers["/key"] = "<Leave/>"
    simulation.call(Press("0"))
    assert "QueuePosition" in simulation.app.requests_to("/wait")[0]
    assert "QueuePosition" not in simulation.app.requests_to("/key")[0]


def test_a_caller_who_hangs_up_in_the_queue_is_told_of() -> None:
    simulation = simulate_queue("<Pause length='10'/>")
    call = simulation.call(Wait(15), HangUp())
    (form,) = simulation.app.requests_to("/left")
    assert (form["QueueResult"], form["CallStatus"]) == ("hangup", "completed")
    assert call.queue_stays[0].result == "hangup"


def test_the_carrier_may_keep_a_hang_up_in_the_queue_to_itself() -> None:
    simulation = simulate_queue(
        "<Pause length='10'/>", settings=CarrierSettings(queue_result_on_hangup=False)
    )
    simulation.call(Wait(15), HangUp())
    assert simulation.app.requests_to("/left") == []
    assert simulation.app.requests_to("/status")[0]["CallStatus"] == "completed"


def test_a_waiting_document_that_fails_ends_the_wait_with_an_error() -> None:
    simulation = simulate(
        {"/voice": QUEUE, "/wait": Response(status_code=500), "/left": "<Say>Sorry</Say>"}, fallback=False
    )
    call = simulation.call()
    assert simulation.app.requests_to("/left")[0]["QueueResult"] == "error"
    assert call.spoken_text == "Sorry"


def test_nobody_is_rung_from_a_waiting_document() -> None:
    simulation = simulate_queue("<Dial>+12025550171</Dial><Leave/>")
    call = simulation.call()
    assert call.legs == []
    assert [warning.code for warning in call.warnings] == [12200]


def test_a_full_queue_turns_the_caller_away() -> None:
    simulation = simulate_queue("<Leave/>", settings=CarrierSettings(queue_size=0))
    simulation.call()
    assert simulation.app.requests_to("/left")[0]["QueueResult"] == "queue-full"


def test_callers_stand_in_the_order_of_their_coming() -> None:
    simulation = simulate_queue("<Pause length='60'/>")

    async def two() -> None:
        clock, number = simulation.clock, simulation.number

        async def second() -> None:
            await clock.sleep(5)
            await simulation.carrier.call("+12025550144", number, Script((Wait(5), HangUp())))

        clock.spawn(second())
        await simulation.carrier.call(CALLER, number, Script((Wait(20), HangUp())))
        await simulation.carrier.settle()

    asyncio.run(two())
    assert [form["QueuePosition"] for form in simulation.app.requests_to("/wait")] == ["1", "2"]
    assert [form["CurrentQueueSize"] for form in simulation.app.requests_to("/wait")] == ["1", "2"]


def simulate_recording(more: str = "", action: str = "<Say>Thanks</Say>") -> Simulation:
    return simulate({"/voice": RECORD.format(more=more), "/taken": action, "/recorded": OK})


def test_a_message_ended_by_hanging_up_is_told_with_its_length() -> None:
    simulation = simulate_recording()
    call = simulation.call(LeaveMessage(12), HangUp())
    (form,) = simulation.app.requests_to("/taken")
    assert (form["Digits"], form["CallStatus"]) == ("hangup", "completed")
    assert form["RecordingDuration"] == "12"
    assert call.voicemails == [form["RecordingSid"]]
    assert "Thanks" not in call.spoken_text


def test_a_message_ended_by_a_key_goes_on_at_the_action() -> None:
    simulation = simulate_recording("finishOnKey='#'")
    call = simulation.call(LeaveMessage(6), _PressNow())
    (form,) = simulation.app.requests_to("/taken")
    assert (form["Digits"], form["CallStatus"]) == ("#", "in-progress")
    assert call.spoken_text.endswith("Thanks")


class _PressNow:
    async def act(self, phone: Handset) -> None:
        phone.audio_in.press("5#")


def test_silence_ends_a_message_and_the_callback_tells_its_trimmed_length() -> None:
    simulation = simulate_recording()
    simulation.call(LeaveMessage(6))
    assert simulation.app.requests_to("/taken")[0]["RecordingDuration"] == "11"
    assert simulation.app.requests_to("/taken")[0]["Digits"] == ""
    assert simulation.app.requests_to("/recorded")[0]["RecordingDuration"] == "6"


def test_a_caller_who_says_nothing_leaves_a_moment_of_silence_and_no_message() -> None:
    simulation = simulate_recording()
    call = simulation.call()
    assert simulation.app.requests_to("/recorded")[0]["RecordingDuration"] == "1"
    assert not call.left_message
    assert call.recorder_reached_at is not None


def test_a_message_is_no_longer_than_allowed() -> None:
    simulation = simulate_recording("maxLength='10'")
    simulation.call(LeaveMessage(60))
    assert simulation.app.requests_to("/taken")[0]["RecordingDuration"] == "10"


def test_the_recorded_sound_is_real_and_its_hash_is_known() -> None:
    simulation = simulate_recording()
    call = simulation.call(LeaveMessage(3), HangUp())
    recording = simulation.carrier.state.recordings.by_sid[call.recordings[0]]
    with wave.open(io.BytesIO(recording.wav())) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnframes()) == (8000, 2, 3 * 8000)
    assert hashlib.sha256(recording.wav()).hexdigest() == recording.sha256()


def test_a_real_voice_is_kept_as_it_was() -> None:
    simulation = simulate_recording()
    call = simulation.call(LeaveMessage(3, audio=b"RIFF-voice"), HangUp())
    assert simulation.carrier.state.recordings.by_sid[call.recordings[0]].wav() == b"RIFF-voice"


@pytest.mark.parametrize("name", ["/taken", "/recorded"])
def test_a_recordings_url_bears_its_sid(name: str) -> None:
    simulation = simulate_recording()
    call = simulation.call(LeaveMessage(3))
    assert simulation.app.requests_to(name)[0]["RecordingUrl"].endswith(call.recordings[0])
