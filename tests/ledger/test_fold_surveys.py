"""The question after a conversation, folded: whatever the order and however often its events come."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcrm.ledger.facts import Facts
from callcrm.ledger.fold import fold
from callcrm.models import PromiseKind
from tests.ledger.test_fold import AGENT_LEG, ANSWERED, ROOT, SECOND_LEG, at, ended, leg, tape, turn

ASKED = replace(ANSWERED[5], survey="csat", destination="survey", state="ivr")
ANSWER = turn(4, mark="4", destination="done", state="ivr")
MARKED = (*ANSWERED[:2], *ANSWERED[3:5], ASKED, ANSWER, ended(60, 60))
WANTS_HUMAN = (*ANSWERED[:5], ASKED, turn(4, mark="0", destination="operator", state="ringing"))


def test_the_mark_is_the_calls() -> None:
    survey = fold(MARKED, ROOT).survey
    assert survey is not None
    assert (survey.kind, survey.score, survey.human_missed) == ("csat", 4, False)
    assert (survey.asked_at, survey.answered_at) == (at(3), at(4))
    assert fold(MARKED, ROOT).ivr_path == (("main", "1"),)
    assert fold(ANSWERED, ROOT).survey is None


def test_all_orders_of_its_events_make_one_history() -> None:
    expected = fold(MARKED, ROOT)
    assert expected.outcome == "answered"
    for order in itertools.permutations(MARKED):
        assert fold(order, ROOT) == expected


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_repetitions_count_once(data: st.DataObject) -> None:
    other = turn(4, mark=data.draw(st.sampled_from("12345")), destination="done", state="ivr")
    events: list[Facts] = [*MARKED, other, *data.draw(st.lists(st.sampled_from(MARKED), max_size=12))]
    first = fold(events, ROOT)
    assert first.survey is not None
    assert first.survey.score in (4, int(other.mark or 0))
    assert fold(data.draw(st.permutations(events)), ROOT) == first


@pytest.mark.parametrize(
    ("more", "promise"),
    [
        ((), PromiseKind.MISSED),
        ((turn(5, dialled_leg=SECOND_LEG, status="no_answer", bridged=False),), PromiseKind.MISSED),
        ((tape("voicemail", 9),), PromiseKind.VOICEMAIL),
        ((tape("voicemail", 1),), PromiseKind.MISSED),
        ((turn(5, dialled_leg=SECOND_LEG, status="completed", bridged=True, seconds=20),), None),
        ((leg("in_progress", 2, 60, SECOND_LEG, agent=None, step=5),), None),
    ],
)
def test_who_asked_for_a_human_and_got_none_is_owed_a_call(
    more: tuple[Facts, ...], promise: str | None
) -> None:
    events = (*WANTS_HUMAN, *more, ended(90, 90))
    for order in itertools.islice(itertools.permutations(events), 400):
        history = fold(order, ROOT)
        assert (history.outcome, history.promise) == ("answered", promise)
        assert history.agent == "ana"
    assert AGENT_LEG in {rung.sid for rung in history.legs}
