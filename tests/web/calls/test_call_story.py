"""A call's story: each event of the carrier behind one sentence, at its second, and drawn on one axis."""

import random
from dataclasses import replace
from typing import Any

import pytest

from callcrm.ledger.event_store import Event
from callcrm.ledger.facts import Facts
from callcrm.views.calls.record import CallRecord
from callcrm.web.calls.replay import Replay, replay
from callcrm.web.calls.story.explain import missed_reasons
from callcrm.web.calls.story.story import story
from tests.web.support.call_builders import (
    CALLER,
    EVENTS,
    LEGS,
    OMAR,
    ROOT,
    SARA,
    at,
    call,
    call_record,
    english_locale,
    event,
    leg,
    note,
    pop,
    status,
    turn,
)
from tests.web.support.page_client import page_text

pytestmark = pytest.mark.one_engine


def lines(record: CallRecord) -> list[str]:
    """The text of each sentence of the story, after its second of the call."""
    sentences = story(english_locale(), record)
    return [f"{sentence.offset:.0f} {page_text(str(sentence.text))}" for sentence in sentences]


def test_an_answered_call_is_told_from_its_arrival_to_its_end() -> None:
    pops = [pop("omar", 6.5, 0.05), pop("sara", 28.2, 0.2, 0.9)]
    assert lines(call_record(pops=pops, notes=[note(58, "Friday")])) == [
        "0 A call from +1 202 555 0134 arrives on +1 202 555 0100 .",
        "3 Presses 1 for English.",
        "6 Presses 1 . Is put through to Sales . Is told of the recording.",
        "6 On Omar Vance ’s screen: there after 0.05 s, not seen.",
        "7 Rings Omar Vance in the browser.",
        "28 Omar Vance does not answer within 0:20.",
        "28 Is put through to Sales .",
        "28 On Sara Kovac ’s screen: there after 0.2 s, seen after 0.9 s.",
        "29 Rings Sara Kovac in the browser.",
        "41 Sara Kovac answers.",
        "41 The recording starts, each side on its own channel.",
        "58 Note by Sara Kovac",
        "76 Sara Kovac has spoken for 0:35.",
        "76 The call ends after 1:16.",
    ]


def test_a_call_back_agreed_to_in_the_queue_is_told_where_it_was_agreed() -> None:
    events = [
        turn(6, 2, destination="wait", node="main", keys="1", queue="sales"),
        turn(6, 3, destination="wait", queue_seconds=0, queue="sales"),
        turn(20, 4, destination="callback", node="wait", keys="1", queue_seconds=14, queue="sales"),
        turn(31, 5, destination="wait", queue_seconds=25, queue="sales"),
        turn(45, 6, destination="callback", node="wait", keys="1", queue_seconds=39, queue="sales"),
        turn(50, 7, destination="done", promise="callback", queue_seconds=44, queue="sales"),
        turn(50, 10_002, destination="done", queue_result="leave", queue_seconds=44, queue="sales"),
    ]
    assert lines(call_record(events)) == [
        "6 Presses 1 . Waits in Sales .",
        "20 Presses 1 . Is asked whether to be rung back.",
        "45 Presses 1 . Is asked whether to be rung back.",
        "50 Is promised a call back.",
        "50 Leaves the queue.",
    ]


def test_every_event_stands_behind_exactly_one_sentence_in_any_order() -> None:
    ordered = lines(call_record())
    for seed in range(5):
        shuffled = random.Random(seed).sample(EVENTS, len(EVENTS))
        behind = [
            event for sentence in story(english_locale(), call_record(shuffled)) for event in sentence.events
        ]
        assert sorted(event.key for event in behind) == sorted(event.key for event in EVENTS)
        assert lines(call_record(shuffled)) == ordered


SENTENCES: list[tuple[str, Event, dict[str, Any], str]] = [
    ("withheld", turn(0, 0, destination="node"), {"phone": None}, "A call arrives; the number is withheld."),
    (
        "silence",
        turn(5, 1, destination="operator", node="main", keys=""),
        {},
        "Presses nothing. Is put through to the operator.",
    ),
    (
        "waits",
        turn(5, 1, destination="wait", node="main", keys="2", queue="support"),
        {},
        "Presses 2 . Waits in Support .",
    ),
    (
        "a queue of their own",
        turn(5, 1, destination="wait", queue="after-sales"),
        {},
        "Waits in After sales .",
    ),
    (
        "gives up",
        turn(36, 9, queue_result="hangup", queue_seconds=30, hung_up=True, destination="done"),
        {},
        "The caller hangs up after waiting 0:30.",
    ),
    (
        "full",
        turn(36, 9, queue_result="full", destination="voicemail"),
        {},
        "The queue is full. Is asked to leave a message.",
    ),
    (
        "let out",
        turn(36, 9, queue_result="leave", queue_seconds=30, destination="queue", queue="sales"),
        {},
        "Has waited 0:30. Is put through to Sales .",
    ),
    (
        "message",
        turn(50, 9, recording="RE9", recording_kind="voicemail", seconds=38),
        {},
        "Leaves a message of 0:38.",
    ),
    (
        "no message",
        turn(50, 9, recording="RE9", recording_kind="voicemail", seconds=1),
        {},
        "Says nothing after the tone.",
    ),
    (
        "agrees in the queue",
        turn(50, 9, destination="done", promise="callback", queue_seconds=44, queue="sales"),
        {},
        "Is promised a call back.",
    ),
    ("call back", turn(50, 9, destination="done", promise="callback"), {}, "Is promised a call back."),
    (
        "call back elsewhere",
        turn(50, 9, destination="done", promise="callback", call_back="+12025550177"),
        {},
        "Is promised a call back on +1 202 555 0177 .",
    ),
    ("hangs up", turn(50, 9, hung_up=True, destination="done"), {}, "The caller hangs up."),
    ("busy", status(9, OMAR, "busy", agent="omar"), {}, "Omar Vance ’s line is busy."),
    ("unreachable", status(9, OMAR, "failed", agent="omar"), {}, "Omar Vance ’s phone can’t be reached."),
    (
        "an ordinary phone",
        status(9, "CA8", "ringing", agent="omar", target="+12025550171"),
        {},
        "Rings Omar Vance on +1 202 555 0171 .",
    ),
    ("the operator", status(9, "CA8", "ringing", target="+12025550199"), {}, "Rings +1 202 555 0199 ."),
    (
        "picked up",
        event(9, "request", OMAR, screening=True, agent="omar"),
        {},
        "Omar Vance ’s phone is picked up and asks for a 1.",
    ),
    (
        "pressed 1",
        event(9, "request", OMAR, screening=True, accepted=True, agent="omar"),
        {},
        "Omar Vance answers.",
    ),
    (
        "nothing recorded",
        event(9, "recording", recording="RE1", recording_status="absent"),
        {},
        "The carrier has recorded nothing.",
    ),
    (
        "one channel",
        event(9, "recording", recording="RE1", recording_status="completed", channels=1),
        {},
        "The recording starts.",
    ),
    ("not answered by us", status(9, ROOT, "no_answer", direction="inbound"), {}, "The caller hangs up."),
    (
        "placed",
        event(0, "placed", agent="sara"),
        {"direction": "outbound"},
        "Sara Kovac calls +1 202 555 0134 .",
    ),
    (
        "ours picks up",
        turn(4, 0, agent="sara", destination="done"),
        {"direction": "outbound"},
        "Sara Kovac picks up; then +1 202 555 0134 is rung.",
    ),
    (
        "unknown",
        replace(
            event(9, "status", OMAR), kind="novelty", facts=Facts(kind="novelty", leg=OMAR, status="shaken")
        ),
        {},
        "The carrier says: novelty shaken .",
    ),
]


@pytest.mark.parametrize(
    ("carrier_event", "columns", "text"), [row[1:] for row in SENTENCES], ids=[row[0] for row in SENTENCES]
)
def test_each_event_of_the_carrier_has_its_sentence(
    carrier_event: Event, columns: dict[str, Any], text: str
) -> None:
    (sentence,) = story(english_locale(), call_record([carrier_event], columns=columns, legs=[LEGS[1]]))
    assert page_text(str(sentence.text)) == text
    assert sentence.events == [carrier_event]


def test_the_requests_of_one_wait_are_one_sentence_and_a_second_wait_another() -> None:
    waiting = [
        turn(second, step, destination="wait", queue="sales", queue_seconds=second)
        for step, second in enumerate((5, 15, 25), 3)
    ]
    left_queue = turn(30, 10002, destination="queue", queue="sales", queue_result="leave", queue_seconds=25)
    second_visit = turn(60, 10003, destination="wait", queue="sales", queue_seconds=0)
    sentences = story(english_locale(), call_record([*waiting, left_queue, second_visit], legs=[]))
    assert [len(sentence.events) for sentence in sentences] == [3, 1, 1]


def test_names_and_notes_are_escaped_in_the_story() -> None:
    markup = "<img src=x onerror=alert(1)> 100%"
    record = CallRecord(
        call(queue=markup),
        EVENTS,
        LEGS,
        [pop("omar", 6, 0.1)],
        [note(50, markup)],
        {"omar": markup, "sara": markup},
    )
    html = "".join(str(sentence.text) for sentence in story(english_locale(), record))
    assert "<img" not in html
    assert "&lt;img" in html
    assert "<img" not in "".join(str(reason) for reason in missed_reasons(english_locale(), record))


RANG = "Omar Vance ’s phone rang for 20 s and was not answered. "
MISSED: list[tuple[str, dict[str, Any], list[Any], list[Any], list[str]]] = [
    ("all is well", {}, [LEGS[1]], [], []),
    (
        "seen and let ring",
        {},
        list(LEGS),
        [pop("omar", 7, 0.1, 1.9)],
        [RANG + "The pop was seen after 1.9 s."],
    ),
    (
        "nobody looked",
        {},
        list(LEGS),
        [pop("omar", 7, 0.1)],
        [RANG + "The pop was on the screen, but the page was not being looked at."],
    ),
    (
        "no desk",
        {},
        list(LEGS),
        [pop("omar", 7)],
        [RANG + "The pop never reached a screen: no desk was open, or it was offline."],
    ),
    ("no pop", {}, list(LEGS), [], [RANG + "No pop was sent."]),
    (
        "a mailbox",
        {"outcome": "abandoned"},
        [leg(OMAR, "omar", 8, None, 28, status="completed")],
        [pop("omar", 7, 0.1, 1)],
        [
            (
                "Omar Vance ’s phone was picked up, but nobody pressed 1: a mailbox, perhaps."
                " The pop was seen after 1 s."
            )
        ],
    ),
    (
        "all busy",
        {"outcome": "abandoned", "queued_at": at(6)},
        [],
        [],
        ["Nobody was free in Sales while the caller waited 0:35."],
    ),
    (
        "in the menu",
        {"outcome": "abandoned", "queue": None},
        [],
        [],
        ["The caller hung up in the menu, before anybody was to be rung."],
    ),
    (
        "closed",
        {"outcome": "voicemail", "queue": None},
        [],
        [],
        ["Nobody was rung: the caller was led past our telephones."],
    ),
    ("still going on", {"state": "queued", "outcome": None}, [], [], []),
    ("we rang", {"direction": "outbound", "outcome": "no_answer"}, [LEGS[0]], [], []),
]


@pytest.mark.parametrize(
    ("columns", "legs", "pops", "texts"), [row[1:] for row in MISSED], ids=[row[0] for row in MISSED]
)
def test_each_reason_for_a_missed_call_has_its_sentence(
    columns: dict[str, Any], legs: list[Any], pops: list[Any], texts: list[str]
) -> None:
    reasons = missed_reasons(english_locale(), call_record(legs=legs, pops=pops, columns=columns))
    assert [page_text(str(reason)) for reason in reasons] == texts


def draw(record: CallRecord, now: float = 76) -> Replay:
    return replay(english_locale(), record, [], at(now))


def test_the_drawing_puts_everything_on_one_axis() -> None:
    drawing = draw(call_record(pops=[pop("sara", 28, 0.1, 1)], notes=[note(38, "x")]))
    assert drawing.length == 76
    assert [lane.name for lane in drawing.lanes] == ["Menu", "Omar Vance", "Sara Kovac"]
    kinds = [
        [(mark.kind, round(mark.start * 0.76), round((mark.start + mark.size) * 0.76)) for mark in lane.marks]
        for lane in drawing.lanes
    ]
    assert kinds == [
        [("menu", 0, 3), ("menu", 3, 6)],
        [("ring", 8, 28)],
        [("won", 29, 41), ("talk", 41, 76)],
    ]
    assert [round(seen * 0.76) for seen in drawing.lanes[2].seen] == [29]
    assert [(pin.number, pin.second) for pin in drawing.pins] == [(1, 38.0)]
    assert [second for second, _ in drawing.ticks] == [0, 10, 20, 30, 40, 50, 60, 70]


def test_a_live_call_is_drawn_until_now_and_a_short_one_on_ten_seconds() -> None:
    live = call_record(
        EVENTS[:8],
        [leg(SARA, "sara", 29, None, 0, ended_at=None)],
        columns={"state": "ringing", "ended_at": None, "outcome": None},
    )
    assert draw(live, now=40).length == 40
    (mark,) = draw(live, now=40).lanes[-1].marks
    assert round(mark.start + mark.size) == 100
    assert draw(call_record([], [], columns={"ended_at": at(0)})).length == 10


def test_waiting_is_drawn_from_its_beginning_to_its_end() -> None:
    events = [
        turn(5, 1, state="queued", destination="wait"),
        turn(15, 2, state="queued", destination="wait"),
        turn(36, 3, queue_result="hangup", destination="done", state="ivr"),
    ]
    (lane,) = draw(call_record(events, [])).lanes
    (mark,) = lane.marks
    assert (lane.name, mark.kind, round(mark.start * 0.76), round(mark.size * 0.76), mark.text) == (
        "Queue: Sales",
        "wait",
        5,
        31,
        "0:31",
    )


def test_on_an_outgoing_call_the_agent_is_on_the_line_while_the_customers_phone_rings() -> None:
    agent_leg, customer_leg = leg(ROOT, "sara", 1, 5, 76), leg("CA9", None, 6, 20, 76, target=CALLER)
    columns = {"direction": "outbound", "answered_at": at(20)}
    agent_lane, customer_lane = draw(call_record([], [agent_leg, customer_leg], columns=columns)).lanes
    assert [(mark.kind, round(mark.start * 0.76)) for mark in agent_lane.marks] == [
        ("won", 1),
        ("won", 5),
        ("talk", 20),
    ]
    assert round((agent_lane.marks[1].start + agent_lane.marks[1].size) * 0.76) == 20
    assert [mark.kind for mark in customer_lane.marks] == ["won", "talk"]
