"""What a caller gets, step by step, in the shipped flows."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcrm.ivr import player
from callcrm.ivr.flows.loader import Flows, load_flows
from callcrm.ivr.steps import (
    Answer,
    FlowEvent,
    Gather,
    HangUp,
    KeysPressed,
    MessageRecorded,
    NodeKind,
    NoInput,
    Position,
    Prompt,
    RecordMessage,
    Ring,
    RingEnded,
    Step,
)
from tests.ivr.callers import OPERATOR, Caller, FakeContext


def prompts(step: Step) -> list[str]:
    return [prompt.key for prompt in getattr(step, "say", ())]


def rings_operator(answer: Answer) -> bool:
    return isinstance(answer.step, Ring) and answer.step.targets == (OPERATOR,)


def test_a_caller_is_asked_for_a_language_first_each_in_itself(caller: Caller) -> None:
    step = caller.dials().step
    assert isinstance(step, Gather)
    assert step.say == (Prompt("language", {"key": 1}, "en"), Prompt("language", {"key": 2}, "fa"))


def test_two_is_persian(caller: Caller) -> None:
    caller.dials()
    answer = caller.presses("2")
    assert (answer.language, answer.decision.language, prompts(answer.step)) == (
        "fa",
        "fa",
        ["greeting", "main"],
    )


@pytest.mark.parametrize(
    "event", [NoInput(), KeysPressed("9"), KeysPressed("*"), KeysPressed(""), KeysPressed("12")]
)
def test_whoever_chooses_no_language_gets_the_first(caller: Caller, event: NoInput | KeysPressed) -> None:
    caller.dials()
    assert caller.goes_on(event).language == "en"


def test_a_flow_with_one_language_begins_with_its_menu(
    context: FakeContext, flow_file: Callable[[str], Path]
) -> None:
    path = flow_file('languages = ["en"]\nmain = "main"\n[menus.main]\nsay = "main"\n')
    assert prompts(Caller(load_flows(path.parent), context).dials().step) == ["main"]


def test_a_wrong_key_is_asked_again_once_and_then_led_to_the_operator(caller: Caller) -> None:
    caller.dials()
    again = caller.presses("1", "7")
    assert isinstance(again.step, Gather)
    assert prompts(again.step) == ["main"]
    assert rings_operator(caller.presses("*"))


def test_silence_is_asked_again_once_and_then_led_to_the_operator(caller: Caller) -> None:
    caller.dials()
    caller.presses("1")
    assert isinstance(caller.goes_on(NoInput()).step, Gather)
    assert rings_operator(caller.goes_on(NoInput()))


@pytest.mark.parametrize("keys", ["0", "00", "0123456789"])
@pytest.mark.parametrize("before", [[], ["1"], ["2"], ["1", "9"]])
def test_zero_is_the_operator_at_once(caller: Caller, before: list[str], keys: str) -> None:
    caller.dials()
    assert rings_operator(caller.presses(*before, keys))


@pytest.mark.parametrize("keys", ["#", "", "sales please", "12345678901234567890", "۱", "\x00"])
def test_whatever_else_comes_in_is_a_wrong_key(caller: Caller, keys: str) -> None:
    caller.dials()
    assert isinstance(caller.presses("1", keys).step, Gather)
    assert rings_operator(caller.presses(keys))


def test_the_ledger_learns_which_keys_were_pressed_where(caller: Caller) -> None:
    caller.dials()
    decisions = [
        caller.presses("1").decision,
        caller.presses("8").decision,
        caller.goes_on(NoInput()).decision,
    ]
    assert [(decision.node, decision.keys) for decision in decisions] == [
        ("language", "1"),
        ("main", "8"),
        ("main", ""),
    ]


def test_what_is_no_key_is_not_kept(caller: Caller) -> None:
    caller.dials()
    assert caller.presses("1", "my card is").decision.keys == "??????????"


def test_every_document_counts_one_step(caller: Caller, context: FakeContext) -> None:
    steps = []
    for answer in (caller.dials(), caller.presses("1"), caller.presses("7"), caller.presses("0")):
        assert isinstance(answer.step, Gather | Ring)
        steps.append(answer.step.then.step)
    assert steps == [1, 2, 3, 4]


def test_an_operator_who_speaks_ends_the_call_kindly(caller: Caller) -> None:
    caller.dials()
    caller.presses("0")
    answer = caller.goes_on(RingEnded(answered=True))
    assert isinstance(answer.step, HangUp)
    assert prompts(answer.step) == ["goodbye"]


def test_an_operator_who_does_not_answer_leads_to_the_voicemail(caller: Caller) -> None:
    caller.dials()
    caller.presses("0")
    assert isinstance(caller.goes_on(RingEnded(answered=False)).step, RecordMessage)


def leaves_message(caller: Caller, seconds: int, key: str = "") -> Answer:
    caller.dials()
    caller.presses("0")
    caller.goes_on(RingEnded(answered=False))
    return caller.goes_on(MessageRecorded(seconds, key))


def test_a_message_is_a_promise_to_call_back(caller: Caller) -> None:
    answer = leaves_message(caller, 9)
    assert (type(answer.step), answer.decision.promise) == (HangUp, "voicemail")
    assert prompts(answer.step) == ["message-thanks"]


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_message_of_nothing_is_no_promise_but_a_goodbye(caller: Caller, seconds: int) -> None:
    answer = leaves_message(caller, seconds)
    assert (prompts(answer.step), answer.decision.promise) == (["goodbye"], "")


def test_zero_in_a_message_is_the_operator_again(caller: Caller) -> None:
    assert rings_operator(leaves_message(caller, 4, "0"))


def test_a_withheld_caller_is_asked_to_say_the_number(caller: Caller, context: FakeContext) -> None:
    context.caller = None
    caller.dials()
    caller.presses("0")
    assert prompts(caller.goes_on(RingEnded(answered=False)).step) == ["message-number"]


def test_without_operators_there_is_still_the_voicemail(caller: Caller, context: FakeContext) -> None:
    context.operators = ()
    caller.dials()
    assert isinstance(caller.presses("0").step, RecordMessage)


def closed(caller: Caller, context: FakeContext) -> Caller:
    flow = caller.flows.get("hours")
    assert flow
    context.now = datetime(2026, 12, 25, 12, tzinfo=UTC)
    caller.get(Position(NodeKind.NODE, "hours", node="language"), KeysPressed("1"))
    return caller


def test_on_a_holiday_the_closed_menu_is_said(caller: Caller, context: FakeContext) -> None:
    assert prompts(closed(caller, context).answer.step) == ["closed"]


def test_the_closed_menu_takes_a_message(caller: Caller, context: FakeContext) -> None:
    assert isinstance(closed(caller, context).presses("1").step, RecordMessage)


def test_a_callback_is_agreed_to_by_one(caller: Caller, context: FakeContext) -> None:
    closed(caller, context).presses("2")
    answer = caller.goes_on(KeysPressed("1"))
    assert (type(answer.step), answer.decision.promise) == (HangUp, "callback")


@pytest.mark.parametrize("event", [NoInput(), KeysPressed("9"), KeysPressed("")])
def test_silence_and_wrong_keys_agree_to_no_callback_and_lead_to_the_operator(
    caller: Caller, context: FakeContext, event: FlowEvent
) -> None:
    closed(caller, context).presses("2")
    again = caller.goes_on(event)
    assert (prompts(again.step), again.decision.promise) == (["callback-confirm"], "")
    assert rings_operator(caller.goes_on(event))


def test_a_callback_can_be_to_another_number(caller: Caller, context: FakeContext) -> None:
    closed(caller, context).presses("2", "2")
    assert caller.presses("2025550177").decision.call_back == "+12025550177"


def test_a_withheld_caller_keys_in_the_number(caller: Caller, context: FakeContext) -> None:
    context.caller = None
    answer = closed(caller, context).presses("2")
    assert isinstance(answer.step, Gather)
    assert (prompts(answer.step), answer.step.digits) == (["callback-number"], 20)


@pytest.mark.parametrize("keys", ["0", "00"])
def test_zero_alone_is_no_number_but_the_operator(caller: Caller, context: FakeContext, keys: str) -> None:
    context.caller = None
    assert rings_operator(closed(caller, context).presses("2", keys))


def test_a_number_may_begin_with_zero(caller: Caller, context: FakeContext) -> None:
    context.caller = None
    assert closed(caller, context).presses("2", "0202555017").decision.promise == "callback"


def test_what_is_no_number_is_asked_again_once(caller: Caller, context: FakeContext) -> None:
    context.caller = None
    assert isinstance(closed(caller, context).presses("2", "123").step, Gather)
    assert rings_operator(caller.presses("123"))


def at_more(caller: Caller, *keys: str) -> Answer:
    caller.get(Position(NodeKind.NODE, "hours", node="more", step=3), KeysPressed(keys[0]))
    return caller.presses(*keys[1:])


def test_a_message_of_ours_is_said_and_its_menu_once_more(caller: Caller) -> None:
    assert prompts(at_more(caller, "1").step) == ["hours.address", "hours.more"]
    assert rings_operator(caller.goes_on(NoInput()))


def test_an_outside_number_is_rung_and_after_it_the_operator(caller: Caller) -> None:
    step = at_more(caller, "2").step
    assert isinstance(step, Ring)
    assert [target.address for target in step.targets] == ["+12025550142"]
    assert rings_operator(caller.goes_on(RingEnded(answered=False)))


@pytest.mark.parametrize(
    "position",
    [
        Position(NodeKind.NODE, "gone", node="main"),
        Position(NodeKind.NODE, "main", node="gone"),
        Position(NodeKind.NODE),
        Position(NodeKind.QUEUE, "gone", queue="sales"),
        Position(NodeKind.LEFT),
        Position(NodeKind.DONE),
        Position(NodeKind.OPERATOR, language="xx"),
    ],
)
def test_a_place_that_makes_no_sense_is_the_operator(caller: Caller, position: Position) -> None:
    assert rings_operator(caller.get(position, NoInput()))


@pytest.mark.parametrize("answered", [True, False])
def test_after_a_call_of_ours_went_out_nobody_else_is_rung(caller: Caller, answered: bool) -> None:
    assert caller.get(Position(NodeKind.DONE, step=1), RingEnded(answered=answered)).step == HangUp(())


def test_without_any_flow_there_is_the_operator(context: FakeContext) -> None:
    assert rings_operator(Caller(Flows(), context).dials())


def test_what_was_pressed_is_remembered_though_the_store_is_down(
    caller: Caller, context: FakeContext
) -> None:
    context.store_is_down = True
    caller.dials()
    decision = caller.presses("1", "2").decision
    assert (decision.node, decision.keys) == ("main", "2")


class Ruins:
    """A world in which everything raises."""

    def __getattr__(self, name: str) -> object:
        raise MemoryError(name)


class HalfRuined(FakeContext):
    """A world that raises where it is asked for the caller's number, or for the operators."""

    broken = ""

    def __getattribute__(self, name: str) -> object:
        if name == object.__getattribute__(self, "broken"):
            raise LookupError(name)
        return object.__getattribute__(self, name)


@pytest.mark.parametrize("broken", ["operators", "caller"])
def test_what_fails_on_the_way_to_a_message_is_named(flows: Flows, broken: str) -> None:
    context = HalfRuined()
    context.operators = ()
    context.broken = broken
    answer = player.respond(flows, Position(NodeKind.NODE, "main", node="main"), KeysPressed("0"), context)
    assert (type(answer.step), answer.fault) == (RecordMessage, "LookupError")


def test_where_nothing_fails_none_is_named(flows: Flows) -> None:
    answer = player.respond(
        flows, Position(NodeKind.NODE, "main", node="main"), KeysPressed("0"), FakeContext()
    )
    assert answer.fault == ""


def test_a_world_in_ruins_still_takes_a_message_and_says_what_failed(flows: Flows) -> None:
    # Answers nothing.
    answer = player.respond(flows, Position(NodeKind.NODE, "main", node="main"), KeysPressed("1"), Ruins())  # type: ignore[arg-type]
    assert (type(answer.step), answer.fault) == (RecordMessage, "MemoryError")
