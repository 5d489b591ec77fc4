"""Reports: durable before 2xx, indifferent to order and repetition, clear about nonsense."""

import itertools
import json
import random
import threading
from typing import Any

from tests.posts import completed, inbound
from tests.running import LINE
from tests.running_app import RunningApp, count_events

STATUS = "/webhooks/twilio/status"
CHILD = "CAchild"


MALFORMED = [
    {"CallSid": ""},
    {"CallSid": "x" * 65},
    {"CallSid": "CA\n1"},
    {"CallSid": "سلام"},
    {"CallStatus": "dancing"},
    {"CallStatus": ""},
    {"CallSid": "CA\0001"},
    {"CallStatus": "comple\0ted"},
    {"ParentCallSid": "CA\0002"},
]
ODD = [
    {"CallDuration": "many"},
    {"Timestamp": "yesterday"},
    {"SequenceNumber": "-1"},
    {"CallDuration": "9" * 30},
    {"Direction": "sideways"},
    {"Timestamp": "Mon, 99 Mar 2026 12:00:50 +9999"},
    {"From": "\u202e<script>"},
    {"From": "a\0b"},
]


def test_a_malformed_report_is_refused_and_not_stored(app: RunningApp) -> None:
    for wrong in MALFORMED:
        assert app.post(STATUS, completed("CA1") | wrong).status_code == 400, wrong
    assert app.services.store.read_now(count_events) == 0


def test_a_report_with_odd_values_is_kept(app: RunningApp) -> None:
    for number, odd in enumerate(ODD):
        assert app.post(STATUS, completed(f"CA{number}") | odd).status_code == 204, odd
        assert app.get(f"/calls/CA{number}")["state"] == "ended"


def test_a_repeated_report_changes_nothing(app: RunningApp) -> None:
    for _ in range(3):
        assert app.post(STATUS, completed("CA1")).status_code == 204
    call = app.get("/calls/CA1")
    assert len(call["events"]) == 1
    assert len(app.get("/calls")["items"]) == 1


def test_thirty_two_first_events_of_one_call_make_one_call(app: RunningApp) -> None:
    statuses: list[int] = []

    def report(number: int) -> None:
        fields = completed("CAmany") | {"SequenceNumber": str(number % 4), "ApiVersion": str(number)}
        statuses.append(app.post(STATUS, fields).status_code)

    threads = [threading.Thread(target=report, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {204}
    assert len(app.get("/calls")["items"]) == 1
    assert len(app.get("/calls/CAmany")["events"]) == 32


def _leg(sid: str, status: str, sequence: int, second: int, **more: str) -> dict[str, str]:
    times = {"Timestamp": f"Mon, 02 Mar 2026 12:00:{second:02d} +0000", "SequenceNumber": str(sequence)}
    base = inbound(f"{sid}-{CHILD}") | {
        "ParentCallSid": sid,
        "Direction": "outbound-dial",
        "CallStatus": status,
    }
    return base | times | {"To": "+12025550101"} | more


def _story(app: RunningApp) -> list[tuple[str, dict[str, str]]]:
    """Seven events of an answered call, their URLs as our own documents gave them out."""
    sid = "CAstory"
    menu = app.rings(sid)
    keyed = inbound(sid) | {"CallStatus": "in-progress", "Digits": "1"}
    language = app.twiml(menu.path("Gather"), keyed)
    ring = app.twiml(language.path("Gather"), keyed)
    number = ring.path("Number", "statusCallback")
    dialled = {"CallStatus": "in-progress", "DialCallStatus": "completed", "DialBridged": "true"}
    dialled |= {"DialCallSid": f"{sid}-{CHILD}", "DialCallDuration": "30"}
    assert app.post(STATUS, completed(sid, 50)).status_code == 204
    return [
        ("/webhooks/twilio/voice", inbound(sid)),
        (menu.path("Gather"), keyed),
        (language.path("Gather"), keyed),
        (number, _leg(sid, "in-progress", 2, 16)),
        (number, _leg(sid, "completed", 3, 46, CallDuration="30")),
        (ring.path("Dial"), inbound(sid) | dialled),
        (STATUS, completed(sid, 50)),
    ]


def _history(app: RunningApp, sid: str) -> str:
    """What the call's history says, without ids, our clock's times and SIDs that must differ."""
    call = app.get(f"/calls/{sid}")
    for name in ("id", "carrier_sid", "pops", "agent"):
        call.pop(name)
    for leg in call["legs"]:
        leg["carrier_sid"], leg["agent"] = "", None
    call["events"] = [[event["kind"], event["data"] | {"CallSid": ""}] for event in call["events"]]
    return json.dumps(call, sort_keys=True).replace(sid, "SID")


def _replay(app: RunningApp, sid: str, events: list[tuple[str, dict[str, str]]]) -> str:
    for path, fields in events:
        own = {name: value.replace("CAstory", sid) for name, value in fields.items()}
        assert app.post(path, own).status_code in (200, 204)
    return _history(app, sid)


def test_any_order_and_repetition_of_a_calls_events_make_one_history(app: RunningApp) -> None:
    count = 40 if app.services.settings.on_sqlite else 12
    app.hire("Ana", "+12025550101")
    story = _story(app)
    expected = _replay(app, "CAinorder", story)
    assert json.loads(expected)["outcome"] == "answered"
    chance = random.Random(7)
    orders = list(itertools.permutations(story))
    for number, order in enumerate(chance.sample(orders, count)):
        repeated = [*order, *chance.sample(list(order), 3)]
        assert _replay(app, f"CA{number:03d}", repeated) == expected
    assert app.agent(app.agents["Ana"]).call_id is None


def test_replaying_a_days_requests_changes_nothing(app: RunningApp) -> None:
    app.hire("Ana", "+12025550101")
    story = _story(app)
    _replay(app, "CAday", story)
    before = json.dumps(app.get("/calls/CAday"), sort_keys=True)
    _replay(app, "CAday", story)
    assert json.dumps(app.get("/calls/CAday"), sort_keys=True) == before


def test_a_recording_that_is_told_of_first_finds_its_call(app: RunningApp) -> None:
    fields = {"AccountSid": "AC1", "CallSid": "CA9", "RecordingSid": "RE9", "RecordingStatus": "completed"}
    assert (
        app.post("/webhooks/twilio/recording?kind=call", fields | {"RecordingDuration": "9"}).status_code
        == 204
    )
    assert app.post(STATUS, completed("CA9")).status_code == 204
    recordings: list[Any] = app.get("/calls/CA9")["recordings"]
    assert [
        (recording["carrier_sid"], recording["kind"], recording["status"]) for recording in recordings
    ] == [("RE9", "call", "pending")]


def test_a_leg_nobody_placed_joins_its_call_later(app: RunningApp) -> None:
    stray = _leg("CAroot", "completed", 3, 46, CallDuration="30")
    stray.pop("ParentCallSid")
    assert app.post("/webhooks/twilio/leg?step=2", stray).status_code == 204
    dialled = {"DialCallSid": f"CAroot-{CHILD}", "DialCallStatus": "completed", "DialBridged": "true"}
    path = "/webhooks/twilio/at/queue/main/sales?language=en&rings=1&step=3"
    assert app.post(path, inbound("CAroot") | dialled).status_code == 200
    calls = app.get("/calls")["items"]
    assert [call["carrier_sid"] for call in calls] == ["CAroot"]
    assert len(app.get("/calls/CAroot")["legs"]) == 1
    assert calls[0]["to"] == LINE


def test_a_recording_told_of_by_a_legs_sid_joins_the_call_in_any_order(app: RunningApp) -> None:
    for number, order in enumerate(itertools.permutations(range(3))):
        root, leg = f"CA{number}", f"CA{number}-{CHILD}"
        fields = {
            "AccountSid": "AC1",
            "CallSid": leg,
            "RecordingSid": f"RE{number}",
            "RecordingDuration": "9",
        }
        posts = [
            ("/webhooks/twilio/recording", fields | {"RecordingStatus": "completed"}),
            ("/webhooks/twilio/leg?step=2", _leg(root, "completed", 3, 46, CallDuration="30")),
            (STATUS, completed(root)),
        ]
        for turn in order:
            assert app.post(*posts[turn]).status_code == 204
        (recording,) = app.get(f"/calls/{root}")["recordings"]
        assert recording["carrier_sid"] == f"RE{number}", order
    assert len(app.get("/calls")["items"]) == number + 1


def test_a_recorder_nobody_spoke_into_leaves_nothing_in_any_order(app: RunningApp) -> None:
    path = "/webhooks/twilio/at/voicemail/main/-?language=en&step=3"
    fields = {"AccountSid": "AC1", "RecordingSid": "RE"}
    short = {"RecordingStatus": "completed", "RecordingDuration": "1"}
    for number, order in enumerate(itertools.permutations(range(3))):
        own_fields = fields | {"CallSid": f"CA{number}", "RecordingSid": f"RE{number}"}
        posts = [
            ("/webhooks/twilio/recording?kind=voicemail", own_fields | {"RecordingStatus": "in-progress"}),
            ("/webhooks/twilio/recording?kind=voicemail", own_fields | short),
            (path, inbound(f"CA{number}") | own_fields | {"RecordingDuration": "5", "Digits": ""}),
        ]
        for turn in order:
            assert app.post(*posts[turn]).status_code in (200, 204)
        assert app.get(f"/calls/CA{number}")["recordings"] == [], order
