"""The player at the question after a conversation."""

import pytest

from callcrm.ivr.steps import (
    Gather,
    HangUp,
    KeysPressed,
    NodeKind,
    NoInput,
    RecordMessage,
    Ring,
    RingEnded,
    Target,
)
from tests.ivr.callers import Caller, FakeContext

AGENT = Target("client:ana", "softphone", "ana")
SPOKEN = RingEnded(answered=True)


@pytest.fixture
def asked(caller: Caller, context: FakeContext) -> Caller:
    """A caller who spoke with an agent and is asked."""
    context.free_agents, context.survey_due = [AGENT], "csat"
    caller.dials()
    caller.presses("1", "1")
    caller.goes_on(SPOKEN)
    assert isinstance(caller.answer.step, Gather)
    assert caller.answer.decision.survey == "csat"
    return caller


def test_a_mark_is_thanked_for(asked: Caller) -> None:
    answer = asked.presses("4")
    assert isinstance(answer.step, HangUp)
    assert answer.step.say[0].key == "survey-thanks"
    assert (answer.decision.mark, answer.decision.keys) == ("4", None)


@pytest.mark.parametrize("key", ["6", "9", "*", "#", "", "44", "12345678901234567890", "sales, please"])
def test_another_key_ends_the_call_without_a_mark(asked: Caller, key: str) -> None:
    answer = asked.presses(key)
    assert isinstance(answer.step, HangUp)
    assert (answer.step.say[0].key, answer.decision.mark) == ("goodbye", "")


def test_silence_ends_the_call(asked: Caller) -> None:
    answer = asked.goes_on(NoInput())
    assert isinstance(answer.step, HangUp)
    assert answer.decision.mark == ""


@pytest.mark.parametrize("key", ["0", "00"])
def test_0_rings_the_operators_once_and_for_all(asked: Caller, key: str) -> None:
    answer = asked.presses(key)
    assert isinstance(answer.step, Ring)
    assert (answer.decision.destination, answer.decision.mark) == (NodeKind.OPERATOR, "0")
    unanswered = asked.goes_on(RingEnded(answered=False))
    assert isinstance(unanswered.step, RecordMessage)


def test_after_the_operator_nothing_is_asked_again(asked: Caller) -> None:
    asked.presses("0")
    answer = asked.goes_on(SPOKEN)
    assert isinstance(answer.step, HangUp)


def test_a_store_that_is_down_asks_nobody_and_still_lets_0_through(
    asked: Caller, context: FakeContext
) -> None:
    question = asked.answer.step
    assert isinstance(question, Gather)
    context.store_is_down = True
    assert isinstance(asked.get(question.then, KeysPressed("0")).step, Ring)
    answer = asked.goes_on(SPOKEN)
    assert isinstance(answer.step, HangUp)


def test_where_the_store_fails_the_call_ends_as_it_does_without(caller: Caller, context: FakeContext) -> None:
    context.free_agents, context.survey_due = [AGENT], "csat"
    caller.dials()
    caller.presses("1", "1")
    context.store_is_down = True
    answer = caller.goes_on(SPOKEN)
    assert isinstance(answer.step, HangUp)
    assert answer.fault == "ConnectionError"


def test_a_kind_that_keys_can_not_give_is_not_asked(caller: Caller, context: FakeContext) -> None:
    context.free_agents, context.survey_due = [AGENT], "nps"
    caller.dials()
    caller.presses("1", "1")
    assert isinstance(caller.goes_on(SPOKEN).step, HangUp)
