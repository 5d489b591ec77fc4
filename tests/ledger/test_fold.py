"""The fold: whatever the order and however often, the same events make the same history."""

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcrm.ledger import fold as folding
from callcrm.ledger.facts import PLACED, RECORDING, REQUEST, STATUS, Facts, facts_from_json
from callcrm.ledger.fold import FoldedCall, fold

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ROOT, AGENT_LEG, SECOND_LEG, TAPE = "CA-root", "CA-leg", "CA-leg2", "RE-1"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def turn(step: int, **more: object) -> Facts:
    base = {"kind": REQUEST, "leg": ROOT, "step": step, "received_at": at(step), "direction": "inbound"}
    # Fields of Facts.
    return Facts(**{**base, "from_": "+12025550134", "to": "+12025550100", **more})  # type: ignore[arg-type]


def leg(status: str, sequence: int, second: float, leg: str = AGENT_LEG, **more: object) -> Facts:
    base = {"kind": STATUS, "leg": leg, "parent": ROOT, "step": 2, "at": at(second), "direction": "dialled"}
    fields = {"status": status, "sequence": sequence, "agent": "ana", "target": "+12025550101", **more}
    return Facts(**{**base, **fields})  # type: ignore[arg-type]  # fields of Facts


def ended(second: float, seconds: int, status: str = "completed", leg: str = ROOT) -> Facts:
    return Facts(
        kind=STATUS, leg=leg, at=at(second), status=status, seconds=seconds, sequence=0, direction="inbound"
    )


def tape(kind: str = "call", seconds: int = 30, status: str = "completed") -> Facts:
    return Facts(
        kind=RECORDING,
        leg=ROOT,
        recording=TAPE,
        recording_kind=kind,
        recording_status=status,
        seconds=seconds,
    )


ANSWERED = (
    turn(0, state="ivr", language="en"),
    turn(1, node="main", keys="1", queue="sales", state="ringing", language="en", announced=True),
    leg("ringing", 1, 12),
    leg("in_progress", 2, 16),
    leg("completed", 3, 46, seconds=30),
    turn(3, dialled_leg=AGENT_LEG, status="completed", bridged=True, seconds=30),
    ended(50, 50),
)
LONG = (
    *ANSWERED[:3],
    leg("no_answer", 2, 32),
    turn(3, dialled_leg=AGENT_LEG, status="no_answer", bridged=False, queue="sales", state="queued"),
    turn(4, queue_seconds=0, state="queued"),
    turn(5, queue_seconds=12, state="queued", queue_result="leave"),
    leg("initiated", 0, 45, SECOND_LEG, agent="omar", step=5),
    leg("in_progress", 2, 50, SECOND_LEG, agent="omar", step=5),
    leg("completed", 3, 80, SECOND_LEG, agent="omar", step=5, seconds=30),
    ended(90, 90),
    tape(),
)


def unseen(history: FoldedCall) -> FoldedCall:
    """The history without what only our own clock can know."""
    return replace(history, queued_at=None)


def test_an_answered_call_reads_as_it_was() -> None:
    history = fold(ANSWERED, ROOT)
    assert (history.state, history.outcome, history.agent) == ("ended", "answered", "ana")
    assert (history.started_at, history.answered_at, history.ended_at) == (at(0), at(16), at(50))
    assert (history.wait_seconds, history.talk_seconds, history.duration_seconds) == (4, 30, 50)
    assert history.ivr_path == (("main", "1"),)
    assert history.promise is None


def test_all_5040_orders_of_seven_events_make_one_history() -> None:
    expected = fold(ANSWERED, ROOT)
    assert all(fold(order, ROOT) == expected for order in itertools.permutations(ANSWERED))


def test_ten_thousand_random_orders_of_twelve_events_make_one_history() -> None:
    expected, events, chance = fold(LONG, ROOT), list(LONG), random.Random(12)
    assert len(events) == 12
    assert (expected.agent, expected.outcome, expected.wait_seconds) == ("omar", "answered", 38)
    for _ in range(10_000):
        chance.shuffle(events)
        assert fold(events, ROOT) == expected


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_repetition_and_our_own_clock_change_nothing(data: st.DataObject) -> None:
    repeated = data.draw(st.lists(st.sampled_from(LONG), max_size=24))
    late = [replace(event, received_at=at(data.draw(st.integers(0, 10**6)))) for event in (*LONG, *repeated)]
    assert unseen(fold(data.draw(st.permutations(late)), ROOT)) == unseen(fold(LONG, ROOT))


@pytest.mark.parametrize("status", ["completed", "busy", "no_answer", "failed", "canceled"])
@pytest.mark.parametrize("late", ["initiated", "ringing", "in_progress"])
def test_nothing_moves_a_final_status_back(status: str, late: str) -> None:
    before = fold([turn(0, state="ivr"), ended(50, 50, status)], ROOT)
    lately = Facts(kind=STATUS, leg=ROOT, at=at(90), status=late, sequence=9, direction="inbound")
    after = fold([turn(0, state="ivr"), ended(50, 50, status), lately], ROOT)
    assert (after.state, after.outcome, after.ended_at) == (before.state, before.outcome, before.ended_at)


def test_last_write_wins_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: whoever is sorted last decides, as a table with a status column would have it."""
    monkeypatch.setattr(folding, "last_status", lambda statuses: statuses[-1] if statuses else None)
    monkeypatch.setattr(folding, "order_key", lambda facts: 0)
    results = {
        fold(order, ROOT).outcome
        for order in itertools.permutations((*ANSWERED[:1], ended(50, 50), ended(3, 0, "busy")))
    }
    assert len(results) > 1


def test_the_wait_begins_when_the_first_telephone_is_dialled() -> None:
    assert fold([*ANSWERED, leg("initiated", 0, 10)], ROOT).wait_seconds == 6


def test_a_caller_who_gives_up_in_the_menu_waited_for_nobody() -> None:
    history = fold([turn(0, state="ivr"), ended(9, 9)], ROOT)
    assert (history.outcome, history.wait_seconds, history.talk_seconds) == ("abandoned", 0, 0)
    assert history.promise == "missed"


def test_a_caller_who_gives_up_in_the_queue_waited_as_long_as_the_carrier_says() -> None:
    gave_up = turn(2, queue_seconds=41, queue_result="hangup", hung_up=True)
    history = fold(
        [turn(0, state="ivr"), turn(1, node="main", keys="2", state="queued"), gave_up, ended(50, 50)], ROOT
    )
    assert (history.outcome, history.wait_seconds) == ("abandoned", 41)


def test_where_there_was_no_menu_the_wait_begins_with_the_call() -> None:
    rang = (leg("ringing", 1, 12), leg("in_progress", 2, 16), leg("completed", 3, 46, seconds=30))
    at_once = turn(0, state="ringing")
    assert fold([at_once, *rang, ended(50, 50)], ROOT).wait_seconds == 16
    assert fold([*rang, ended(50, 50)], ROOT).wait_seconds == 16


def test_a_caller_who_says_nothing_of_a_number_says_nothing() -> None:
    assert fold([turn(0, from_=""), ended(9, 9)], ROOT).from_raw == ""
    assert fold([turn(0, from_=""), turn(1)], ROOT).from_raw == "+12025550134"


def test_picking_up_without_pressing_1_is_no_answer() -> None:
    screened = [
        replace(event, screened=True)
        for event in (leg("in_progress", 1, 5), leg("completed", 2, 20, seconds=15))
    ]
    voicemail_box = Facts(kind=REQUEST, leg=AGENT_LEG, parent=ROOT, step=2, screening=True)
    unbridged = turn(3, dialled_leg=AGENT_LEG, status="completed", bridged=False, seconds=15)
    history = fold([turn(0, state="ivr"), *screened, voicemail_box, unbridged, ended(40, 40)], ROOT)
    assert (history.outcome, history.agent) == ("abandoned", None)


def test_pressing_1_connects_at_once() -> None:
    picked_up = replace(leg("in_progress", 1, 5), screened=True)
    pressed = Facts(kind=REQUEST, leg=AGENT_LEG, parent=ROOT, step=2, screening=True, accepted=True)
    assert fold([turn(0, state="ivr"), picked_up], ROOT).state == "ivr"
    assert fold([turn(0, state="ivr"), picked_up, pressed], ROOT).state == "in_progress"


def test_a_message_makes_a_voicemail_and_silence_does_not() -> None:
    assert fold([turn(0), tape("voicemail", 9), ended(30, 30)], ROOT).outcome == "voicemail"
    silent = fold([turn(0), tape("voicemail", 1), ended(30, 30)], ROOT)
    assert (silent.outcome, silent.recordings) == ("abandoned", ())


def test_a_promised_callback_is_an_outcome_and_a_debt() -> None:
    history = fold([turn(0, promise="callback", call_back="+12025550177"), ended(30, 30)], ROOT)
    assert (history.outcome, history.promise, history.call_back) == ("callback", "callback", "+12025550177")


def test_a_call_we_placed_counts_as_answered_only_once_the_customer_speaks() -> None:
    placed = Facts(
        kind=PLACED, leg=ROOT, direction="outbound", to="+12025550134", agent="ana", received_at=at(0)
    )
    rang = Facts(
        kind=STATUS,
        leg=ROOT,
        at=at(0),
        status="initiated",
        sequence=0,
        direction="outbound",
        to="+12025550101",
    )
    picked_up = replace(rang, status="in_progress", sequence=2, at=at(5))
    assert fold([placed, rang, picked_up], ROOT).state == "ringing"
    customer = leg("in_progress", 2, 12, agent=None, target="+12025550134")
    talking = fold([placed, rang, picked_up, customer], ROOT)
    assert (talking.state, talking.to_raw, talking.agent) == ("in_progress", "+12025550134", "ana")
    busy = fold(
        [
            placed,
            rang,
            picked_up,
            leg("busy", 2, 12, agent=None),
            replace(ended(20, 15), direction="outbound"),
        ],
        ROOT,
    )
    assert (busy.outcome, busy.promise) == ("busy", None)


def test_a_call_is_over_when_a_request_says_so_and_corrected_by_the_final_report() -> None:
    left = turn(3, hung_up=True, received_at=at(60))
    assert fold([turn(0), left], ROOT).ended_at == at(60)
    assert fold([turn(0), left, ended(58, 58)], ROOT).ended_at == at(58)


@pytest.mark.parametrize("event", LONG, ids=lambda event: f"{event.kind}-{event.step}-{event.status}")
def test_facts_survive_their_stored_form(event: Facts) -> None:
    assert facts_from_json(event.to_json()) == event
