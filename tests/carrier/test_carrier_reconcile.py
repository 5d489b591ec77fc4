"""What the carrier lists and the ledger lacks becomes events, and nothing else does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callcrm.carrier.reconcile import missing_call_events, missing_recording_event, vanished_call_event
from callcrm.carrier.resources import CarrierCall, CarrierRecording, parse_call, parse_recording
from callcrm.ledger.facts import Facts
from callcrm.ledger.fold import fold

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SARA = "+12025550111"
CALL = CarrierCall(
    sid="CA1",
    parent=None,
    status="completed",
    direction="inbound",
    from_="+12025550123",
    to="+12025550100",
    started_at=NOON,
    ended_at=NOON + timedelta(seconds=60),
    seconds=60,
    created_at=NOON,
    payload={"sid": "CA1", "status": "completed"},
)
LEG = replace(CALL, sid="CA2", parent="CA1", direction="dialled", to=SARA, seconds=40)
RECORDING = CarrierRecording(
    "RE1", "CA1", "completed", voicemail=False, seconds=40, channels=2, created_at=NOON
)


def facts(call: CarrierCall, *kept: str) -> list[Facts]:
    return [event.facts for event in missing_call_events(call, kept, {SARA: "user_sara"}, "AC1", NOON)]


def test_a_call_nobody_told_us_of_is_told_from_beginning_to_end() -> None:
    assert [(event.status, event.at, event.seconds) for event in facts(CALL)] == [
        ("initiated", NOON, None),
        ("completed", NOON + timedelta(seconds=60), 60),
    ]


@pytest.mark.parametrize("kept", [("initiated",), ("ringing", "in_progress")])
def test_only_the_end_is_told_where_the_beginning_came(kept: tuple[str, ...]) -> None:
    assert [event.status for event in facts(CALL, *kept)] == ["completed"]


@pytest.mark.parametrize("kept", ["completed", "busy", "failed", "no_answer", "canceled"])
def test_of_a_leg_whose_end_came_nothing_is_told(kept: str) -> None:
    assert facts(CALL, kept) == []


def test_a_live_leg_is_told_only_as_far_as_it_is_news() -> None:
    live = replace(CALL, status="in_progress", ended_at=None, seconds=None)
    assert [event.status for event in facts(live, "ringing")] == ["in_progress"]
    assert facts(live, "in_progress") == []


def test_a_status_we_do_not_know_tells_nothing() -> None:
    assert facts(replace(CALL, status=None)) == []


def test_a_leg_belongs_to_its_parent_and_to_the_agent_whose_phone_it_is() -> None:
    [event] = missing_call_events(LEG, {"ringing"}, {SARA: "user_sara"}, "AC1", NOON)
    assert (event.root_sid, event.kind, event.facts.agent, event.facts.target) == (
        "CA1",
        "leg",
        "user_sara",
        SARA,
    )


def test_the_same_gap_is_the_same_event() -> None:
    later = NOON + timedelta(hours=1)
    first, again = (missing_call_events(CALL, (), {}, "AC1", now) for now in (NOON, later))
    assert [event.key for event in first] == [event.key for event in again]
    assert len({event.key for event in first}) == 2


def test_what_the_carrier_said_is_kept_with_where_it_comes_from() -> None:
    [event] = missing_call_events(CALL, {"ringing"}, {}, "AC1", NOON)
    assert event.data == {"source": "listed", "sid": "CA1", "status": "completed"}


def test_only_what_a_store_can_hold_is_kept_of_what_it_said() -> None:
    call = parse_call({"sid": "CA1", "caller_name": "A\0B", "price": None, "subresource_uris": {"x": "y"}})
    assert call is not None
    assert call.payload == {"sid": "CA1", "caller_name": "AB"}


def test_the_fold_of_a_listed_call_is_the_carrier_s_history() -> None:
    history = fold([*facts(CALL), *facts(LEG)], "CA1")
    assert (history.state, history.outcome, history.agent) == ("ended", "answered", "user_sara")
    assert (history.started_at, history.duration_seconds, history.talk_seconds) == (NOON, 60, 40)


def test_a_missing_recording_is_told() -> None:
    event = missing_recording_event(RECORDING, (), "AC1", NOON)
    assert event is not None
    recording = event.facts
    assert (recording.recording, recording.leg, recording.recording_status, recording.channels) == (
        "RE1",
        "CA1",
        "completed",
        2,
    )
    assert (event.root_sid, event.sid) == ("CA1", "RE1")


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        ("completed", "completed"),
        ("absent", "absent"),
        ("absent", "completed"),
        ("in_progress", ""),
        ("deleted", ""),
    ],
)
def test_a_recording_that_was_told_or_has_nothing_to_tell_is_left(status: str, kept: str) -> None:
    assert missing_recording_event(replace(RECORDING, status=status), (kept,), "AC1", NOON) is None


def test_a_recording_is_a_voicemail_if_the_record_verb_made_it() -> None:
    recording = parse_recording(
        {"sid": "RE1", "call_sid": "CA1", "status": "completed", "source": "RecordVerb"}
    )
    assert recording is not None
    event = missing_recording_event(recording, (), "AC1", NOON)
    assert event is not None
    assert event.facts.recording_kind == "voicemail"


@pytest.mark.parametrize("sid", [None, "", 7, "x" * 65, "CA\u0660", "CA\n"])
def test_a_call_without_a_usable_sid_is_none(sid: object) -> None:
    assert parse_call({"sid": sid}) is None
    assert parse_recording({"sid": sid, "call_sid": "CA1"}) is None


def test_a_call_the_carrier_no_longer_knows_ended_when_it_was_last_heard_of() -> None:
    arrived = Facts(kind="request", leg="CA1", received_at=NOON, direction="inbound", state="ivr")
    last_heard = NOON + timedelta(seconds=90)
    history = fold([arrived, vanished_call_event("CA1", "AC1", last_heard).facts], "CA1")
    assert (history.state, history.outcome, history.ended_at) == ("ended", "failed", last_heard)
