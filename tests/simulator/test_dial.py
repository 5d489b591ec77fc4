"""Dial on a call: who rings, who is connected, and what the app is sent about it."""

import pytest
from starlette.responses import Response

from callcrm.simulator.parties.callees import (
    CalleeBehaviour,
    answers,
    busy,
    ignores_screening,
    mobile_voicemail,
    no_answer,
    unreachable,
)
from callcrm.simulator.parties.callers import HangUp, Talk, Wait
from callcrm.simulator.settings import CarrierSettings
from tests.simulator.simulation import AGENT, CALLER, simulate

OTHER = "+12025550172"
OK = Response(status_code=204)
ALL = "statusCallbackEvent='initiated ringing answered completed'"
SCREEN = "<Gather numDigits='1' action='/accepted' timeout='4'><Say>Press 1</Say></Gather><Hangup/>"


def dial(inside: str, attributes: str = "") -> str:
    return f"<Dial action='/dialled' {attributes}>{inside}</Dial><Say>never</Say>"


def number(address: str = AGENT, attributes: str = "") -> str:
    return f"<Number {attributes}>{address}</Number>"


def test_the_first_to_answer_is_connected_and_the_others_are_canceled() -> None:
    simulation = simulate(
        {"/voice": dial(number() + number(OTHER)), "/dialled": "<Hangup/>"},
        callees={AGENT: [answers(9)], OTHER: [answers(2)]},
    )
    call = simulation.call()
    assert [talk.peer for talk in call.conversations] == [OTHER]
    assert {leg.to: leg.status for leg in call.legs} == {AGENT: "canceled", OTHER: "completed"}
    assert simulation.app.requests_to("/dialled")[0]["DialCallSid"] == call.conversations[0].leg_sid


def test_a_conversation_that_the_callee_ends_goes_on_at_the_action() -> None:
    simulation = simulate(
        {"/voice": dial(number()), "/dialled": "<Say>Bye</Say>"}, default=answers(4, talks=20)
    )
    call = simulation.call()
    (form,) = simulation.app.requests_to("/dialled")
    assert form["DialCallStatus"] == "completed"
    assert form["DialBridged"] == "true"
    assert form["DialCallDuration"] == "20"
    assert form["CallStatus"] == "in-progress"
    assert call.spoken_text == "Bye"


def test_a_conversation_that_the_caller_ends_is_told_to_the_action_and_its_answer_ignored() -> None:
    simulation = simulate({"/voice": dial(number()), "/dialled": "<Say>Bye</Say>"})
    call = simulation.call(Talk(5), HangUp())
    (form,) = simulation.app.requests_to("/dialled")
    assert (form["DialCallStatus"], form["CallStatus"]) == ("completed", "completed")
    assert call.conversations[0].seconds == 5
    assert call.spoken_text == ""


@pytest.mark.parametrize(
    ("target", "status"), [(busy(), "busy"), (no_answer(), "no-answer"), (unreachable(), "failed")]
)
def test_a_call_nobody_takes_says_why(target: CalleeBehaviour, status: str) -> None:
    simulation = simulate({"/voice": dial(number()), "/dialled": "<Hangup/>"}, default=target)
    call = simulation.call()
    (form,) = simulation.app.requests_to("/dialled")
    assert (form["DialCallStatus"], form["DialBridged"]) == (status, "false")
    assert "DialCallDuration" not in form
    assert call.legs[0].status == status


def test_ringing_lasts_as_long_as_the_document_says_and_a_little_longer() -> None:
    simulation = simulate(
        {"/voice": dial(number(), "timeout='20'"), "/dialled": "<Hangup/>"}, default=no_answer()
    )
    call = simulation.call()
    assert call.heard_sounds[0].sound.kind == "ringing"
    assert call.heard_sounds[0].seconds == 25


def test_a_caller_who_hangs_up_while_it_rings_cancels_the_ringing() -> None:
    simulation = simulate({"/voice": dial(number()), "/dialled": "<Say>Bye</Say>"}, default=no_answer())
    call = simulation.call(Wait(10), HangUp())
    assert call.legs[0].status == "canceled"
    assert simulation.app.requests_to("/dialled")[0]["DialCallStatus"] == "canceled"
    assert call.legs[0].ended == call.root.ended


def test_the_callers_leg_stays_ringing_until_the_connection_if_so_wished() -> None:
    simulation = simulate({"/voice": dial(number(), "answerOnBridge='true'"), "/dialled": "<Hangup/>"})
    call = simulation.call()
    assert call.root.answered == call.conversations[0].start


def test_a_call_given_up_before_anybody_answered_is_a_no_answer() -> None:
    simulation = simulate({"/voice": dial(number(), "answerOnBridge='true'")}, default=no_answer())
    call = simulation.call(Wait(10), HangUp())
    assert (call.root.status, call.root.seconds) == ("no-answer", 0)


def test_each_legs_progress_is_told_in_order_with_its_numbers() -> None:
    simulation = simulate(
        {
            "/voice": dial(number(attributes=f"statusCallback='/leg' {ALL}")),
            "/dialled": "<Hangup/>",
            "/leg": OK,
        },
        default=answers(4, talks=20),
    )
    call = simulation.call()
    forms = simulation.app.requests_to("/leg")
    assert [form["CallStatus"] for form in forms] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in forms] == ["0", "1", "2", "3"]
    assert {form["ParentCallSid"] for form in forms} == {call.sid}
    assert {form["Direction"] for form in forms} == {"outbound-dial"}
    assert forms[3]["CallDuration"] == "20"
    assert forms[3]["Timestamp"] == "Mon, 05 Jan 2026 09:00:25 +0000"
    assert "CallDuration" not in forms[2]


def test_only_the_end_is_told_unless_more_is_asked_for() -> None:
    simulation = simulate(
        {"/voice": dial(number(attributes="statusCallback='/leg'")), "/dialled": "<Hangup/>", "/leg": OK}
    )
    simulation.call()
    assert [(form["CallStatus"], form["SequenceNumber"]) for form in simulation.app.requests_to("/leg")] == [
        ("completed", "0")
    ]


def test_a_callee_who_presses_the_key_is_connected() -> None:
    simulation = simulate(
        {
            "/voice": dial(number(attributes="url='/screen'")),
            "/screen": SCREEN,
            "/accepted": "",
            "/dialled": "<Hangup/>",
        }
    )
    call = simulation.call()
    assert call.reached_human
    assert simulation.app.requests_to("/screen")[0]["CallSid"] == call.legs[0].sid
    assert simulation.app.requests_to("/accepted")[0]["Digits"] == "1"
    assert all("Press 1" not in entry.sound.text for entry in call.heard_sounds)


@pytest.mark.parametrize("target", [ignores_screening(), mobile_voicemail()])
def test_a_callee_who_presses_nothing_is_never_connected(target: CalleeBehaviour) -> None:
    simulation = simulate(
        {"/voice": dial(number(attributes="url='/screen'")), "/screen": SCREEN, "/dialled": "<Hangup/>"},
        default=target,
    )
    call = simulation.call()
    (form,) = simulation.app.requests_to("/dialled")
    assert (form["DialCallStatus"], form["DialBridged"]) == ("completed", "false")
    assert call.conversations == []


def test_without_a_question_a_machine_gets_the_caller_and_the_truth_knows_it() -> None:
    simulation = simulate(
        {"/voice": dial(number()), "/dialled": "<Hangup/>"}, default=mobile_voicemail(greeting=10)
    )
    call = simulation.call()
    assert len(call.conversations) == 1
    assert not call.reached_human


@pytest.mark.parametrize(("screening", "reached"), [("answer", False), ("accept", True)])
def test_whether_picking_up_or_accepting_silences_the_others_can_be_chosen(
    screening: str, reached: bool
) -> None:
    both = number(attributes="url='/screen'") + number(OTHER, "url='/screen'")
    simulation = simulate(
        {"/voice": dial(both), "/screen": SCREEN, "/accepted": "", "/dialled": "<Hangup/>"},
        callees={AGENT: [ignores_screening(after=2)], OTHER: [answers(4)]},
        settings=CarrierSettings(screening=screening),  # type: ignore[arg-type]
    )
    assert simulation.call().reached_human is reached


def test_only_some_verbs_may_be_whispered() -> None:
    simulation = simulate(
        {
            "/voice": dial(number(attributes="url='/screen'")),
            "/screen": "<Dial>+12025550173</Dial><Say>A call</Say>",
            "/dialled": "<Hangup/>",
        }
    )
    call = simulation.call()
    assert [warning.reason for warning in call.warnings] == ["<Dial> is not allowed here"]
    assert call.reached_human


def test_a_softphone_and_a_sip_address_are_rung_like_numbers() -> None:
    nouns = "<Client><Identity>ana</Identity></Client><Sip>sip:desk@voip.example</Sip>"
    simulation = simulate({"/voice": dial(nouns), "/dialled": "<Hangup/>"}, callees={"client:ana": [busy()]})
    call = simulation.call()
    assert call.rung_addresses == ["client:ana", "sip:desk@voip.example"]
    assert call.conversations[0].peer == "sip:desk@voip.example"


def test_the_callee_sees_the_caller_unless_the_document_says_otherwise() -> None:
    simulation = simulate({"/voice": dial(number()), "/dialled": "<Hangup/>"})
    assert simulation.call().legs[0].from_ == CALLER
    simulation = simulate({"/voice": dial(number(), "callerId='+12025550100'"), "/dialled": "<Hangup/>"})
    assert simulation.call().legs[0].from_ == "+12025550100"


def test_a_dial_without_action_goes_on_with_the_next_verb() -> None:
    simulation = simulate({"/voice": f"<Dial>{AGENT}</Dial><Say>Still there?</Say>"})
    assert simulation.call().spoken_text == "Still there?"


def test_verbs_after_a_dial_with_action_never_run() -> None:
    simulation = simulate({"/voice": dial(number()), "/dialled": ""})
    assert "never" not in simulation.call().spoken_text


def test_a_conversation_is_recorded_on_two_channels_and_told_when_the_sound_is_there() -> None:
    simulation = simulate(
        {
            "/voice": dial(number(), "record='record-from-answer-dual' recordingStatusCallback='/recorded'"),
            "/dialled": "<Hangup/>",
            "/recorded": OK,
        },
        default=answers(4, talks=30),
    )
    call = simulation.call()
    (callback,) = simulation.app.requests_to("/recorded")
    assert (
        simulation.app.requests_to("/dialled")[0]["RecordingSid"]
        == call.recordings[0]
        == callback["RecordingSid"]
    )
    assert callback["CallSid"] == call.sid
    assert (callback["RecordingStatus"], callback["RecordingChannels"]) == ("completed", "2")
    assert (callback["RecordingDuration"], callback["RecordingSource"]) == ("30", "DialVerb")
    assert callback["RecordingUrl"].endswith(f"/Recordings/{call.recordings[0]}")
    assert "From" not in callback
    assert simulation.carrier.wire_log.of_kind("recording")[0].at > call.root.ended  # type: ignore[operator]


def test_a_call_that_nobody_answers_is_not_recorded() -> None:
    simulation = simulate(
        {"/voice": dial(number(), "record='record-from-answer-dual'"), "/dialled": "<Hangup/>"},
        default=no_answer(),
    )
    assert simulation.call().recordings == []


@pytest.mark.timeout(60)  # of real time, where the call takes three minutes of its own
def test_a_three_minute_call_takes_a_moment() -> None:
    simulation = simulate({"/voice": dial(number()), "/dialled": "<Hangup/>"}, default=answers(4, talks=180))
    assert simulation.call(patience=600).root.seconds >= 180


def test_a_conference_rings_nobody_and_says_so() -> None:
    simulation = simulate({"/voice": dial("<Conference>room</Conference>"), "/dialled": "<Hangup/>"})
    call = simulation.call()
    assert "not simulated" in call.warnings[0].reason
    assert simulation.app.requests_to("/dialled")[0]["DialCallStatus"] == "failed"


def test_the_number_is_told_the_end_once_with_the_carriers_times() -> None:
    simulation = simulate({"/voice": "<Pause length='1'/><Say>123456789012345</Say><Pause length='9'/>"})
    simulation.call()
    (form,) = simulation.app.requests_to("/status")
    assert (form["CallStatus"], form["SequenceNumber"]) == ("completed", "0")
    assert (form["CallDuration"], form["Duration"]) == ("10", "1")
    assert form["CallbackSource"] == "call-progress-events"
    assert form["Timestamp"] == "Mon, 05 Jan 2026 09:00:11 +0000"
    assert form["ToCity"] == ""
