"""Say, Play, Pause and Gather on a call."""

import pytest
from starlette.responses import Response

from callcrm.simulator.parties.audio import tone_wav
from callcrm.simulator.parties.callers import Handset, HangUp, Press, SpeakToMenu, Wait, WaitForWords
from tests.simulator.simulation import BASE, simulate

MENU = (
    "<Gather numDigits='1' action='/menu' timeout='3'><Say>Press one</Say></Gather><Redirect>/late</Redirect>"
)


def test_a_key_cuts_the_prompt_short_and_leads_to_the_action() -> None:
    long = "x" * 300  # 20 s of speech
    simulation = simulate(
        {
            "/voice": f"<Gather numDigits='1' action='/menu'><Say>{long}</Say></Gather>",
            "/menu": "<Say>Sales</Say>",
        }
    )
    call = simulation.call(Press("1", after=2))
    assert simulation.app.requests_to("/menu")[0]["Digits"] == "1"
    assert call.heard_sounds[0].seconds == 2
    assert call.pressed[0].keys == "1"


def test_silence_falls_through_to_the_next_verb_without_a_request() -> None:
    simulation = simulate({"/voice": MENU, "/late": "<Say>Nobody there?</Say>"})
    call = simulation.call()
    assert simulation.requested_paths == ["/voice", "/late", "/status"]
    assert (call.heard_sounds[1].at - call.root.started).total_seconds() == pytest.approx(3 + 9 / 15)


def test_silence_may_lead_to_the_action_if_the_document_wants_it() -> None:
    simulation = simulate(
        {"/voice": "<Gather action='/menu' actionOnEmptyResult='true'/>", "/menu": "<Hangup/>"}
    )
    simulation.call()
    assert simulation.app.requests_to("/menu")[0]["Digits"] == ""


def test_the_finish_key_ends_the_digits_and_is_none_of_them() -> None:
    simulation = simulate({"/voice": "<Gather action='/menu'/>", "/menu": "<Hangup/>"})
    simulation.call(Press("2025550143#"))
    form = simulation.app.requests_to("/menu")[0]
    assert form["Digits"] == "2025550143"
    assert form["FinishedOnKey"] == "#"


def test_the_finish_key_alone_is_an_empty_answer() -> None:
    simulation = simulate({"/voice": "<Gather action='/menu'/>", "/menu": "<Hangup/>"})
    simulation.call(Press("#"))
    assert simulation.app.requests_to("/menu")[0]["Digits"] == ""


def test_without_a_finish_key_the_hash_is_a_digit_like_any_other() -> None:
    simulation = simulate(
        {"/voice": "<Gather action='/menu' finishOnKey='' numDigits='2'/>", "/menu": "<Hangup/>"}
    )
    simulation.call(Press("#1"))
    assert simulation.app.requests_to("/menu")[0]["Digits"] == "#1"


def test_fewer_digits_than_wanted_are_sent_when_the_time_is_up() -> None:
    simulation = simulate(
        {"/voice": "<Gather action='/menu' numDigits='4' timeout='6'/>", "/menu": "<Hangup/>"}
    )
    simulation.call(Press("12"))
    assert simulation.app.requests_to("/menu")[0]["Digits"] == "12"


def test_keys_pressed_before_the_menu_are_lost() -> None:
    simulation = simulate({"/voice": "<Say>Welcome to our house</Say>" + MENU, "/late": "<Hangup/>"})
    call = simulation.call(Wait(0.1), _PressNow())
    assert call.pressed == []


class _PressNow:
    async def act(self, phone: Handset) -> None:
        phone.audio_in.press("1")


def test_a_spoken_answer_reaches_a_menu_that_listens() -> None:
    simulation = simulate({"/voice": "<Gather input='dtmf speech' action='/menu'/>", "/menu": "<Hangup/>"})
    simulation.call(SpeakToMenu("sales please"))
    assert simulation.app.requests_to("/menu")[0]["SpeechResult"] == "sales please"


def test_a_hang_up_in_the_menu_is_told_by_the_status_callback_alone() -> None:
    simulation = simulate({"/voice": MENU})
    call = simulation.call(Wait(2), HangUp())
    assert simulation.requested_paths == ["/voice", "/status"]
    assert call.root.ended_by == "far end"
    assert simulation.app.requests_to("/status")[0]["CallStatus"] == "completed"


def test_relative_urls_are_seen_from_the_current_document() -> None:
    simulation = simulate(
        {"/voice": "<Redirect>deep/er?a=1</Redirect>", "/deep/er": "<Redirect>on</Redirect>"}
    )
    simulation.app.answers["/deep/on"] = "<Hangup/>"
    simulation.call()
    assert simulation.requested_paths[:3] == ["/voice", "/deep/er", "/deep/on"]


def test_a_sound_is_fetched_once_and_played_for_as_long_as_it_is() -> None:
    sound = Response(tone_wav(7, (440,)), media_type="audio/x-wav")
    simulation = simulate({"/voice": "<Play loop='2'>/a.wav</Play>", "/a.wav": sound})
    call = simulation.call()
    assert [(entry.sound.url, entry.seconds) for entry in call.heard_sounds] == [(f"{BASE}/a.wav", 7)] * 2
    assert simulation.app.requests_to("/a.wav") == [{}]


@pytest.mark.parametrize("answer", [Response(status_code=404), Response("no", media_type="text/html")])
def test_a_sound_that_is_none_is_the_apps_fault(answer: Response) -> None:
    simulation = simulate({"/voice": "<Play>/a.wav</Play><Say>Bye</Say>", "/a.wav": answer})
    call = simulation.call()
    assert [fault.code for fault in call.errors] == [11200]
    assert call.spoken_text == "Bye"


def test_no_voice_speaks_persian() -> None:
    simulation = simulate({"/voice": "<Say language='fa-IR'>سلام</Say>"})
    call = simulation.call()
    assert [fault.code for fault in call.errors] == [13512]
    assert call.heard_sounds == []


def test_a_pause_at_first_leaves_the_call_ringing() -> None:
    simulation = simulate(
        {"/voice": "<Pause length='3'/><Redirect>/on</Redirect>", "/on": "<Say>Hello</Say>"}
    )
    call = simulation.call()
    assert simulation.app.requests_to("/on")[0]["CallStatus"] == "ringing"
    assert call.root.seconds < 3


def test_a_rejected_call_is_never_answered() -> None:
    simulation = simulate({"/voice": "<Reject reason='busy'/>"})
    call = simulation.call()
    assert call.root.status == "busy"
    assert call.root.answered is None


def test_an_unknown_verb_is_passed_over_with_a_warning() -> None:
    simulation = simulate({"/voice": "<Shout>Hi</Shout><Say>Hello</Say>"})
    call = simulation.call()
    assert call.spoken_text == "Hello"
    assert [warning.code for warning in call.warnings] == [12200]


def test_a_document_that_leads_to_itself_for_ever_is_found_out() -> None:
    simulation = simulate({"/voice": "<Redirect>/voice</Redirect>"}, fallback=False)
    call = simulation.call()
    assert "endless loop" in call.errors[-1].reason


def test_a_caller_may_wait_for_words() -> None:
    simulation = simulate({"/voice": "<Say>One</Say><Say>Two</Say><Pause length='60'/>"})
    call = simulation.call(WaitForWords("Two"), HangUp())
    assert call.root.ended_by == "far end"
    assert call.root.seconds < 5


def test_a_callers_patience_ends() -> None:
    simulation = simulate({"/voice": "<Say>Hello</Say><Pause length='3600'/>"})
    call = simulation.call(patience=90)
    assert call.root.seconds == 90
    assert call.root.ended_by == "far end"
