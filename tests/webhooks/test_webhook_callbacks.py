"""Reports: durable before 2xx, indifferent to order and repetition, clear about nonsense."""

import itertools
import json
import random
import threading
from typing import Any

from tests.house import House, kept
from tests.posts import completed, inbound
from tests.running import LINE

STATUS = "/webhooks/twilio/status"
CHILD = "CAchild"


MALFORMED = [
    {"CallSid": ""},
    {"CallSid": "x" * 65},
    {"CallSid": "CA\n1"},
    {"CallSid": "سلام"},
    {"CallStatus": "dancing"},
    {"CallStatus": ""},
    {"From": "a\0b"},
]
ODD = [
    {"CallDuration": "many"},
    {"Timestamp": "yesterday"},
    {"SequenceNumber": "-1"},
    {"CallDuration": "9" * 30},
    {"Direction": "sideways"},
    {"Timestamp": "Mon, 99 Mar 2026 12:00:50 +9999"},
    {"From": "\u202e<script>"},
]


def test_a_malformed_report_is_refused_and_not_stored(house: House) -> None:
    for wrong in MALFORMED:
        assert house.post(STATUS, completed("CA1") | wrong).status_code == 400, wrong
    assert house.services.store.read_now(kept) == 0


def test_a_report_with_odd_values_is_kept(house: House) -> None:
    for number, odd in enumerate(ODD):
        assert house.post(STATUS, completed(f"CA{number}") | odd).status_code == 204, odd
        assert house.get(f"/calls/CA{number}")["state"] == "ended"


def test_a_repeated_report_changes_nothing(house: House) -> None:
    for _ in range(3):
        assert house.post(STATUS, completed("CA1")).status_code == 204
    call = house.get("/calls/CA1")
    assert len(call["events"]) == 1
    assert len(house.get("/calls")["items"]) == 1


def test_thirty_two_first_events_of_one_call_make_one_call(house: House) -> None:
    statuses: list[int] = []

    def report(number: int) -> None:
        fields = completed("CAmany") | {"SequenceNumber": str(number % 4), "ApiVersion": str(number)}
        statuses.append(house.post(STATUS, fields).status_code)

    threads = [threading.Thread(target=report, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {204}
    assert len(house.get("/calls")["items"]) == 1
    assert len(house.get("/calls/CAmany")["events"]) == 32


def _leg(sid: str, status: str, sequence: int, second: int, **more: str) -> dict[str, str]:
    times = {"Timestamp": f"Mon, 02 Mar 2026 12:00:{second:02d} +0000", "SequenceNumber": str(sequence)}
    base = inbound(f"{sid}-{CHILD}") | {
        "ParentCallSid": sid,
        "Direction": "outbound-dial",
        "CallStatus": status,
    }
    return base | times | {"To": "+12025550101"} | more


def _story(house: House) -> list[tuple[str, dict[str, str]]]:
    """Seven events of an answered call, their URLs as our own documents gave them out."""
    sid = "CAstory"
    menu = house.rings(sid)
    keyed = inbound(sid) | {"CallStatus": "in-progress", "Digits": "1"}
    language = house.twiml(menu.path("Gather"), keyed)
    ring = house.twiml(language.path("Gather"), keyed)
    number = ring.path("Number", "statusCallback")
    dialled = {"CallStatus": "in-progress", "DialCallStatus": "completed", "DialBridged": "true"}
    dialled |= {"DialCallSid": f"{sid}-{CHILD}", "DialCallDuration": "30"}
    assert house.post(STATUS, completed(sid, 50)).status_code == 204
    return [
        ("/webhooks/twilio/voice", inbound(sid)),
        (menu.path("Gather"), keyed),
        (language.path("Gather"), keyed),
        (number, _leg(sid, "in-progress", 2, 16)),
        (number, _leg(sid, "completed", 3, 46, CallDuration="30")),
        (ring.path("Dial"), inbound(sid) | dialled),
        (STATUS, completed(sid, 50)),
    ]


def _history(house: House, sid: str) -> str:
    """What the call's history says, without ids, our clock's times and SIDs that must differ."""
    call = house.get(f"/calls/{sid}")
    for name in ("id", "carrier_sid", "pops", "agent"):
        call.pop(name)
    for leg in call["legs"]:
        leg["carrier_sid"], leg["agent"] = "", None
    call["events"] = [[one["kind"], one["data"] | {"CallSid": ""}] for one in call["events"]]
    return json.dumps(call, sort_keys=True).replace(sid, "SID")


def _replay(house: House, sid: str, events: list[tuple[str, dict[str, str]]]) -> str:
    for path, fields in events:
        mine = {name: value.replace("CAstory", sid) for name, value in fields.items()}
        assert house.post(path, mine).status_code in (200, 204)
    return _history(house, sid)


def test_any_order_and_repetition_of_a_calls_events_make_one_history(house: House) -> None:
    house.hire("Ana", "+12025550101")
    story = _story(house)
    expected = _replay(house, "CAinorder", story)
    assert json.loads(expected)["outcome"] == "answered"
    chance = random.Random(7)
    orders = list(itertools.permutations(story))
    for number, order in enumerate(chance.sample(orders, 40)):
        repeated = [*order, *chance.sample(list(order), 3)]
        assert _replay(house, f"CA{number:03d}", repeated) == expected
    assert house.agent(house.agents["Ana"]).call_id is None


def test_replaying_a_days_requests_changes_nothing(house: House) -> None:
    house.hire("Ana", "+12025550101")
    story = _story(house)
    _replay(house, "CAday", story)
    before = json.dumps(house.get("/calls/CAday"), sort_keys=True)
    _replay(house, "CAday", story)
    assert json.dumps(house.get("/calls/CAday"), sort_keys=True) == before


def test_a_recording_that_is_told_of_first_finds_its_call(house: House) -> None:
    told = {"AccountSid": "AC1", "CallSid": "CA9", "RecordingSid": "RE9", "RecordingStatus": "completed"}
    assert (
        house.post("/webhooks/twilio/recording?kind=call", told | {"RecordingDuration": "9"}).status_code
        == 204
    )
    assert house.post(STATUS, completed("CA9")).status_code == 204
    recordings: list[Any] = house.get("/calls/CA9")["recordings"]
    assert [(one["carrier_sid"], one["kind"], one["status"]) for one in recordings] == [
        ("RE9", "call", "pending")
    ]


def test_a_leg_nobody_placed_joins_its_call_later(house: House) -> None:
    stray = _leg("CAroot", "completed", 3, 46, CallDuration="30")
    stray.pop("ParentCallSid")
    assert house.post("/webhooks/twilio/leg?step=2", stray).status_code == 204
    dialled = {"DialCallSid": f"CAroot-{CHILD}", "DialCallStatus": "completed", "DialBridged": "true"}
    path = "/webhooks/twilio/at/queue/main/sales?language=en&rings=1&step=3"
    assert house.post(path, inbound("CAroot") | dialled).status_code == 200
    calls = house.get("/calls")["items"]
    assert [call["carrier_sid"] for call in calls] == ["CAroot"]
    assert len(house.get("/calls/CAroot")["legs"]) == 1
    assert calls[0]["to"] == LINE


def test_a_recording_told_of_by_a_legs_sid_joins_the_call_in_any_order(house: House) -> None:
    for number, order in enumerate(itertools.permutations(range(3))):
        root, leg = f"CA{number}", f"CA{number}-{CHILD}"
        told = {"AccountSid": "AC1", "CallSid": leg, "RecordingSid": f"RE{number}", "RecordingDuration": "9"}
        posts = [
            ("/webhooks/twilio/recording", told | {"RecordingStatus": "completed"}),
            ("/webhooks/twilio/leg?step=2", _leg(root, "completed", 3, 46, CallDuration="30")),
            (STATUS, completed(root)),
        ]
        for turn in order:
            assert house.post(*posts[turn]).status_code == 204
        (found,) = house.get(f"/calls/{root}")["recordings"]
        assert found["carrier_sid"] == f"RE{number}", order
    assert len(house.get("/calls")["items"]) == number + 1


def test_a_recorder_nobody_spoke_into_leaves_nothing_in_any_order(house: House) -> None:
    path = "/webhooks/twilio/at/voicemail/main/-?language=en&step=3"
    told = {"AccountSid": "AC1", "RecordingSid": "RE"}
    short = {"RecordingStatus": "completed", "RecordingDuration": "1"}
    for number, order in enumerate(itertools.permutations(range(3))):
        mine = told | {"CallSid": f"CA{number}", "RecordingSid": f"RE{number}"}
        posts = [
            ("/webhooks/twilio/recording?kind=voicemail", mine | {"RecordingStatus": "in-progress"}),
            ("/webhooks/twilio/recording?kind=voicemail", mine | short),
            (path, inbound(f"CA{number}") | mine | {"RecordingDuration": "5", "Digits": ""}),
        ]
        for turn in order:
            assert house.post(*posts[turn]).status_code in (200, 204)
        assert house.get(f"/calls/CA{number}")["recordings"] == [], order
