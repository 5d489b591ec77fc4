"""What a caller gets on the way to an agent: rung, waiting, and out again by every exit."""

import pytest

from callcrm.ivr.steps import (
    Answer,
    Enqueue,
    Gather,
    HangUp,
    KeysPressed,
    LeaveQueue,
    NodeKind,
    Prompt,
    QueueLeft,
    QueueTurn,
    RecordMessage,
    Ring,
    RingEnded,
    Target,
)
from tests.ivr.callers import Caller, FakeContext
from tests.ivr.test_player import prompts, rings_operator

ANA = Target("ana", "softphone", agent="ana")
BEN = Target("+12025550111", agent="ben", screen=True)


def asks_for_sales(caller: Caller) -> Answer:
    caller.dials()
    return caller.presses("1", "1")


def waits(caller: Caller, turns: int = 1, position: int = 2) -> Answer:
    """Into the line, and this many turns of waiting."""
    if caller.enqueue is None:
        asks_for_sales(caller)
    assert caller.enqueue
    wait = caller.enqueue.wait
    for _ in range(turns):
        answer = caller.get(wait, QueueTurn(position, 10))
        if not isinstance(answer.step, Gather):
            break
        wait = answer.step.no_input
    return caller.answer


def is_out(caller: Caller, result: str = "leave") -> Answer:
    """Out of the line, the ledger remembering the last decision."""
    assert caller.enqueue
    caller.context.destination = caller.answer.decision.destination
    return caller.get(caller.enqueue.then, QueueLeft(result))


def test_a_free_agent_is_rung_after_the_recording_notice(caller: Caller, context: FakeContext) -> None:
    context.free_agents = [ANA]
    answer = asks_for_sales(caller)
    assert isinstance(answer.step, Ring)
    assert (answer.step.targets, answer.step.seconds, answer.step.record) == ((ANA,), 20, True)
    assert prompts(answer.step) == ["recording-notice"]
    assert answer.decision.announced


def test_the_notice_is_said_once(caller: Caller, context: FakeContext) -> None:
    context.free_agents = [ANA, BEN]
    asks_for_sales(caller)
    second = caller.goes_on(RingEnded(answered=False))
    assert isinstance(second.step, Ring)
    assert (second.step.targets, second.step.record, prompts(second.step)) == ((BEN,), True, [])
    assert not second.decision.announced


def test_after_two_agents_the_caller_waits_in_line(caller: Caller, context: FakeContext) -> None:
    context.free_agents = [ANA, BEN, ANA]
    asks_for_sales(caller)
    caller.goes_on(RingEnded(answered=False))
    assert isinstance(caller.goes_on(RingEnded(answered=False)).step, Enqueue)
    assert context.free_agents == [ANA]


def test_an_agent_who_speaks_ends_the_call_kindly(caller: Caller, context: FakeContext) -> None:
    context.free_agents = [ANA]
    asks_for_sales(caller)
    assert isinstance(caller.goes_on(RingEnded(answered=True)).step, HangUp)


def test_while_all_are_busy_the_caller_waits_in_line(caller: Caller) -> None:
    answer = asks_for_sales(caller)
    assert isinstance(answer.step, Enqueue)
    assert (answer.step.queue, prompts(answer.step)) == ("sales", ["queue-busy"])
    assert (answer.decision.queue, answer.decision.state) == ("sales", "queued")


def test_where_nobody_is_signed_on_nobody_waits(caller: Caller, context: FakeContext) -> None:
    context.staffed = False
    answer = asks_for_sales(caller)
    assert rings_operator(answer)
    assert answer.decision.queue == "sales"  # the same as if the call had ended before its request came


def test_with_the_store_down_the_operator_is_rung(caller: Caller, context: FakeContext) -> None:
    context.store_is_down = True
    answer = asks_for_sales(caller)
    assert rings_operator(answer)
    assert answer.fault == "ConnectionError"


def test_every_turn_tells_the_ways_out(caller: Caller) -> None:
    for turns in range(1, 8):
        assert "wait-choices" in prompts(waits(caller, turns).step)


def test_the_position_is_told_now_and_then(caller: Caller) -> None:
    announced = [prompts(waits(caller, turns).step)[0] == "wait-position" for turns in range(1, 8)]
    assert announced == [True, False, False, True, False, False, True]


def test_the_position_is_the_one_the_carrier_says(caller: Caller) -> None:
    assert Prompt("wait-position", {"position": 7}) in getattr(waits(caller, position=7).step, "say", ())


def test_a_position_beyond_counting_is_not_told(caller: Caller) -> None:
    assert prompts(waits(caller, position=21).step) == ["wait-choices", "hold"]


@pytest.mark.parametrize(("key", "destination"), [("0", NodeKind.OPERATOR), ("2", NodeKind.VOICEMAIL)])
@pytest.mark.parametrize("turns", [1, 2, 5])
def test_every_exit_is_open_at_every_turn(
    caller: Caller, turns: int, key: str, destination: NodeKind
) -> None:
    waits(caller, turns)
    answer = caller.presses(key)
    assert isinstance(answer.step, LeaveQueue)
    decision = answer.decision
    assert (decision.destination, decision.node, decision.keys, decision.queue) == (
        destination,
        "wait",
        key,
        "sales",
    )


def test_zero_leads_out_of_the_line_to_the_operator(caller: Caller) -> None:
    waits(caller)
    caller.presses("0")
    assert rings_operator(is_out(caller))


@pytest.mark.parametrize("turns", [1, 2, 5])
def test_one_offers_a_callback_in_the_line(caller: Caller, turns: int) -> None:
    waits(caller, turns)
    answer = caller.presses("1")
    assert isinstance(answer.step, Gather)
    assert (answer.step.then.kind, prompts(answer.step)) == (NodeKind.WAIT, ["callback-wait"])
    assert (answer.decision.node, answer.decision.keys, answer.decision.state) == ("wait", "1", "queued")


def test_who_agrees_leaves_the_line_with_a_promise_that_keeps_the_queue(caller: Caller) -> None:
    waits(caller)
    answer = caller.presses("1", "1")
    assert isinstance(answer.step, LeaveQueue)
    assert (answer.decision.promise, answer.decision.queue) == ("callback", "sales")
    end = is_out(caller)
    assert isinstance(end.step, HangUp)
    assert prompts(end.step) == ["callback-thanks"]


def test_who_says_nothing_to_the_offer_keeps_their_place(caller: Caller) -> None:
    waits(caller)
    caller.presses("1")
    answer = caller.goes_on(QueueTurn(2, 30))
    assert isinstance(answer.step, Gather)
    assert (answer.step.then.kind, prompts(answer.step)) == (NodeKind.WAIT, ["wait-position", "wait-choices"])
    assert (answer.decision.promise, answer.decision.destination) == ("", "wait")


def test_silence_after_a_wrong_key_keeps_the_place_too(caller: Caller) -> None:
    waits(caller)
    assert prompts(caller.presses("1", "9").step) == ["callback-wait"]
    assert prompts(caller.presses("9").step) == ["wait-choices", "hold"]


def test_an_agent_who_is_free_after_the_offer_fetches_the_caller(
    caller: Caller, context: FakeContext
) -> None:
    waits(caller)
    caller.presses("1")
    context.next_in_line, context.free_agents = True, [BEN]
    assert isinstance(caller.goes_on(QueueTurn(1, 30)).step, LeaveQueue)
    assert isinstance(is_out(caller).step, Ring)


def test_zero_leads_from_the_offer_to_the_operator(caller: Caller) -> None:
    waits(caller)
    caller.presses("1", "0")
    assert rings_operator(is_out(caller))


def test_a_number_can_be_keyed_in_without_leaving_the_line(caller: Caller) -> None:
    waits(caller)
    asked = caller.presses("1", "2")
    assert (prompts(asked.step), asked.decision.state) == (["callback-number-wait"], "ivr")
    answer = caller.presses("2025550177")
    assert isinstance(answer.step, LeaveQueue)
    assert (answer.decision.promise, answer.decision.call_back) == ("callback", "+12025550177")
    assert prompts(is_out(caller).step) == ["callback-thanks"]


def test_a_withheld_caller_who_keys_in_nothing_keeps_their_place(
    caller: Caller, context: FakeContext
) -> None:
    context.caller = None
    waits(caller)
    assert prompts(caller.presses("1").step) == ["callback-number-wait"]
    answer = caller.goes_on(QueueTurn(2, 30))
    assert (answer.decision.destination, answer.decision.promise) == ("wait", "")


def test_whose_agreement_is_forgotten_is_offered_a_callback_again(caller: Caller) -> None:
    waits(caller)
    caller.presses("1", "1")
    assert caller.enqueue
    caller.context.destination = "callback"  # the last answer but this one
    assert prompts(caller.get(caller.enqueue.then, QueueLeft("leave")).step) == ["callback-confirm"]


def test_two_leads_out_of_the_line_to_the_voicemail(caller: Caller) -> None:
    waits(caller)
    caller.presses("2")
    assert isinstance(is_out(caller).step, RecordMessage)


@pytest.mark.parametrize("key", ["3", "9", "*", "#", ""])
def test_a_wrong_key_keeps_the_caller_in_line(caller: Caller, key: str) -> None:
    waits(caller)
    answer = caller.presses(key)
    assert isinstance(answer.step, Gather)
    assert answer.step.then.kind == NodeKind.WAIT


def test_a_free_agent_fetches_the_caller_out_of_the_line(caller: Caller, context: FakeContext) -> None:
    context.next_in_line = True
    assert isinstance(waits(caller, 2).step, LeaveQueue)
    context.free_agents = [BEN]
    answer = is_out(caller)
    assert isinstance(answer.step, Ring)
    assert answer.step.targets == (BEN,)


def test_whose_agent_was_taken_meanwhile_waits_on_without_being_told_again(
    caller: Caller, context: FakeContext
) -> None:
    context.next_in_line = True
    waits(caller, 2)
    answer = is_out(caller)
    assert isinstance(answer.step, Enqueue)
    assert prompts(answer.step) == []


def test_the_first_turn_speaks_whatever_is_free_so_that_nobody_goes_round_in_a_hurry(
    caller: Caller, context: FakeContext
) -> None:
    context.next_in_line = True
    assert isinstance(waits(caller, 1).step, Gather)


def test_when_everybody_has_gone_home_the_operator_is_rung(caller: Caller, context: FakeContext) -> None:
    waits(caller, 2)
    context.staffed = False
    assert isinstance(waits(caller, 3).step, LeaveQueue)
    context.staffed = True
    assert rings_operator(is_out(caller))


def test_a_store_that_is_gone_for_one_turn_empties_no_queue(caller: Caller, context: FakeContext) -> None:
    waits(caller, 2)
    context.store_is_down = True
    blind = caller.get(caller.answer.step.no_input, QueueTurn(1, 20))  # type: ignore[union-attr]  # a Gather
    assert isinstance(blind.step, Gather)
    assert blind.fault == "ConnectionError"
    context.store_is_down = False
    assert isinstance(caller.get(blind.step.no_input, QueueTurn(1, 30)).step, Gather)


def test_a_store_that_is_gone_for_two_turns_leads_to_the_operator(
    caller: Caller, context: FakeContext
) -> None:
    asks_for_sales(caller)
    context.store_is_down = True
    assert isinstance(waits(caller, 3).step, LeaveQueue)
    assert rings_operator(is_out(caller))


def test_what_was_asked_for_and_forgotten_is_the_operator(caller: Caller, context: FakeContext) -> None:
    waits(caller)
    caller.presses("1")
    assert caller.enqueue
    context.destination = "wait"
    assert rings_operator(caller.get(caller.enqueue.then, QueueLeft("leave")))


@pytest.mark.parametrize("why", ["full", "error", "nonsense"])
def test_a_queue_that_fails_is_the_operator(caller: Caller, why: str) -> None:
    asks_for_sales(caller)
    assert rings_operator(is_out(caller, why))


def test_who_has_hung_up_gets_nothing_more(caller: Caller) -> None:
    asks_for_sales(caller)
    assert is_out(caller, "hangup").step == HangUp(())


def test_what_follows_the_line_counts_on_after_all_its_turns(caller: Caller) -> None:
    last = waits(caller, 1000)
    assert caller.enqueue
    assert isinstance(last.step, Gather)
    assert caller.enqueue.wait.step < last.step.then.step < caller.enqueue.then.step


def test_keys_pressed_in_line_are_never_speech(caller: Caller) -> None:
    waits(caller)
    # An Enqueue.
    assert isinstance(caller.get(caller.enqueue.wait, KeysPressed("hello")).step, Gather)  # type: ignore[union-attr]
