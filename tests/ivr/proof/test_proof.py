"""The operator rule proved for the shipped flows; a broken player is refused with the keys that break it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from callcrm.ivr import player, waiting
from callcrm.ivr.flows.loader import Flows
from callcrm.ivr.flows.model import Flow
from callcrm.ivr.flows.prompts import PromptBook
from callcrm.ivr.proof.proof import Proof, prove
from callcrm.ivr.proof.state_space import Respond
from callcrm.ivr.steps import (
    Answer,
    Decision,
    Enqueue,
    FlowContext,
    FlowEvent,
    Gather,
    HangUp,
    KeysPressed,
    LeaveQueue,
    MessageRecorded,
    NodeKind,
    NoInput,
    Position,
    Prompt,
    QueueLeft,
    QueueTurn,
    RecordMessage,
    Ring,
    RingEnded,
)

GOODBYE = Answer(HangUp((Prompt("goodbye"),)), "en", Decision())


@pytest.fixture(scope="module")
def main(flows: Flows) -> Flow:
    flow = flows.get("main")
    assert flow
    return flow


def broken(
    change: Callable[[Position, FlowEvent, Callable[[Position, FlowEvent], Answer]], Answer | None],
) -> Respond:
    """The player, but where `change` answers: it gets the position, the event and the unchanged player."""

    def respond(flows: Flows, position: Position, event: FlowEvent, context: FlowContext) -> Answer:
        def unchanged(position: Position, event: FlowEvent) -> Answer:
            return player.respond(flows, position, event, context)

        return change(position, event, unchanged) or unchanged(position, event)

    return respond


@pytest.mark.parametrize("name", ["main", "hours"])
def test_the_shipped_flows_keep_the_operator_rule(flows: Flows, name: str) -> None:
    flow = flows.get(name)
    assert flow
    proof = prove(flows, flow)
    assert proof.faults == ()
    assert proof.states > 100


@pytest.mark.parametrize("name", ["main", "hours"])
def test_silence_reaches_a_human_and_the_voicemail_behind_them_within_a_minute(
    flows: Flows, name: str
) -> None:
    flow = flows.get(name)
    assert flow
    seconds = prove(flows, flow).seconds
    assert seconds is not None
    assert {language: max(worst) <= 60 for language, worst in seconds.items()} == {"en": True, "fa": True}


def test_a_proof_walks_few_enough_turns_to_take_less_than_a_second(flows: Flows, main: Flow) -> None:
    proof = prove(flows, main)
    assert proof.states < 400
    assert proof.turns < 14_000  # 348 and 11,140: half a second


def test_without_any_prompt_the_rule_still_holds(main: Flow) -> None:
    assert prove(Flows({"main": main}, PromptBook()), main).faults == ()


def hangs_up_on_a_wrong_key(position: Position, event: FlowEvent, respond: object) -> Answer | None:
    return GOODBYE if position.node == "main" and event == KeysPressed("7") else None


def asks_for_ever(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    return respond(replace(position, tries=0), event) if position.node == "main" else None


def counts_for_ever(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    if position.node != "main" or event not in (NoInput(), KeysPressed("*")):
        return None
    then = position.next(tries=position.tries + 1)
    return Answer(Gather((), then, then, 1), "en", Decision())


def goes_round_on_silence(position: Position, event: FlowEvent, respond: object) -> Answer | None:
    if position.kind != NodeKind.NODE or event != NoInput():
        return None
    then = position.next(node="closed" if position.node == "main" else "main")
    return Answer(Gather((), then, then, 1), "en", Decision())


def has_no_operator(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    return (
        respond(position, KeysPressed("9"))
        if position.kind == NodeKind.NODE and event == KeysPressed("0")
        else None
    )


def knows_no_double_zero(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    return respond(position, KeysPressed("9")) if event == KeysPressed("00") else None


def keeps_in_the_queue(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    return (
        respond(position, QueueTurn(1, 9))
        if position.kind == NodeKind.WAIT and isinstance(event, KeysPressed)
        else None
    )


def hides_the_exits(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    answer = respond(position, event)
    if position.kind != NodeKind.WAIT or not isinstance(answer.step, Gather):
        return None
    return replace(answer, step=replace(answer.step, say=()))


def forgets_the_callback(position: Position, event: FlowEvent, respond: object) -> Answer | None:
    return GOODBYE if position.kind == NodeKind.WAIT and event == KeysPressed("1") else None


def takes_silence_for_yes(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    """As the player was: whoever says nothing to the offer is called back."""
    offered = position.kind == NodeKind.CALLBACK and position.node == "confirm"
    return respond(position, KeysPressed("1")) if offered and event == NoInput() else None


def takes_silence_in_the_queue_for_yes(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    offered = position.kind == NodeKind.WAIT and position.node == "confirm"
    return respond(position, KeysPressed("1")) if offered and isinstance(event, QueueTurn) else None


def lets_out_before_agreement(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    offered = position.kind == NodeKind.WAIT and not position.node and event == KeysPressed("1")
    decision = Decision(destination="callback", node="wait", keys="1")
    return Answer(LeaveQueue(), "en", decision) if offered else None


def hides_that_silence_keeps_the_place(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    answer = respond(position, event)
    if not isinstance(answer.step, Gather) or answer.step.then.kind != NodeKind.WAIT:
        return None
    is_offer = answer.step.then.node == "confirm"
    return replace(answer, step=replace(answer.step, say=(Prompt("callback-confirm"),))) if is_offer else None


def waits_in_vain(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    answer = respond(position, event)
    if answer.decision.node != "main" or answer.decision.keys != "1" or isinstance(answer.step, Enqueue):
        return None
    wait = position.next(kind=NodeKind.WAIT, queue="sales")
    return Answer(Enqueue((), "sales", wait, replace(wait, kind=NodeKind.LEFT)), "en", answer.decision)


def never_looks_up(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    return respond(replace(position, tries=0), event) if position.kind == NodeKind.WAIT else None


def dials_out_of_the_queue(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    return (
        respond(replace(position, kind=NodeKind.OPERATOR), NoInput())
        if position.kind == NodeKind.WAIT
        else None
    )


def hangs_up_when_the_queue_is_full(position: Position, event: FlowEvent, respond: object) -> Answer | None:
    return GOODBYE if event == QueueLeft("full") else None


def hangs_up_after_the_operator(position: Position, event: FlowEvent, respond: object) -> Answer | None:
    return GOODBYE if position.kind == NodeKind.OPERATOR and event == RingEnded(answered=False) else None


def rings_for_ever(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    answer = respond(position, event)
    return replace(answer, step=replace(answer.step, targets=())) if isinstance(answer.step, Ring) else None


def promises_nothing(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    answer = respond(position, event)
    has_message = isinstance(event, MessageRecorded)
    return replace(answer, decision=replace(answer.decision, promise="")) if has_message else None


def promises_a_call_to_nobody(position: Position, event: FlowEvent, respond: object) -> Answer | None:
    if position.kind != NodeKind.CALLBACK or event != KeysPressed("1"):
        return None
    return replace(GOODBYE, decision=Decision(promise="callback"))


def records_in_secret(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    answer = respond(position, event)
    return replace(answer, step=replace(answer.step, say=())) if isinstance(answer.step, Ring) else None


def raises(position: Position, event: FlowEvent, respond: object) -> Answer | None:
    if position.node == "main" and event == KeysPressed("#"):
        raise KeyError(event)
    return None


def talks_too_long(
    position: Position, event: FlowEvent, respond: Callable[[Position, FlowEvent], Answer]
) -> Answer | None:
    answer = respond(position, event)
    if position.kind != NodeKind.NODE or not isinstance(answer.step, Gather):
        return None
    return replace(answer, step=replace(answer.step, timeout=40))


def leaves_no_queue(position: Position, event: FlowEvent, respond: object) -> Answer | None:
    return (
        Answer(LeaveQueue(), "en", Decision(destination="operator"))
        if position.kind == NodeKind.NODE
        else None
    )


def takes_a_message_for_zero(position: Position, event: FlowEvent, respond: object) -> Answer | None:
    zero = position.kind == NodeKind.NODE and event == KeysPressed("0")
    then = position.next(kind=NodeKind.VOICEMAIL)
    return Answer(RecordMessage((), then), "en", Decision()) if zero else None


MUTANTS = [
    (hangs_up_on_a_wrong_key, "start, nothing, 7: hangs up before a human"),
    (asks_for_ever, "start, nothing, nothing, nothing"),
    (counts_for_ever, "asks more than 3 times"),
    (goes_round_on_silence, "silence and wrong keys reach no human within 60 s"),
    (has_no_operator, "start, 0: 0 does not lead to a human"),
    (knows_no_double_zero, "start, 00: 0 does not lead to a human"),
    (takes_a_message_for_zero, "start, 0: 0 does not lead to a human"),
    (keeps_in_the_queue, "waiting, 0: 0 does not lead to a human"),
    (keeps_in_the_queue, "waiting, 1: the queue has no way out there"),
    (hides_the_exits, "waiting: does not tell the ways out of the queue"),
    (forgets_the_callback, "waiting, 1: the queue has no way out there"),
    (
        waits_in_vain,
        "start, nothing, 1 (nobody is signed on): waits in a queue that nobody is known to serve",
    ),
    (never_looks_up, "silence and wrong keys reach no human within 60 s"),
    (dials_out_of_the_queue, "waiting: does what can't be done there"),
    (leaves_no_queue, "start, nothing: does what can't be done there"),
    (hangs_up_when_the_queue_is_full, "the queue is full: hangs up before a human"),
    (hangs_up_after_the_operator, "nobody answers: hangs up before a human"),
    (rings_for_ever, "rings nobody"),
    (promises_nothing, "a message: takes a message without a promise"),
    (promises_a_call_to_nobody, "1 (the caller's number is withheld): hangs up before a human"),
    (promises_a_call_to_nobody, "promises to call back a number we do not have"),
    (takes_silence_for_yes, "2, nothing: takes silence or a wrong key for agreement"),
    (takes_silence_in_the_queue_for_yes, "waiting, 1, nothing: takes silence or a wrong key for agreement"),
    (lets_out_before_agreement, "waiting, 1: the queue has no way out there"),
    (hides_that_silence_keeps_the_place, "waiting, 1: offers to call back without saying that silence keeps"),
    (records_in_secret, "start, nothing, 1: records without having said so"),
    (raises, "start, nothing, #: the player fails (KeyError)"),
    (talks_too_long, "silence and wrong keys reach no human within 60 s"),
]


@pytest.mark.parametrize(
    ("mutant", "line"),
    MUTANTS,
    ids=[f"{mutant.__name__}-{number}" for number, (mutant, _) in enumerate(MUTANTS)],
)
def test_a_broken_player_is_refused_with_the_keys_that_break_the_rule(
    flows: Flows, main: Flow, mutant: Callable[..., Answer | None], line: str
) -> None:
    proof: Proof = prove(flows, main, broken(mutant))
    assert line in "\n".join(proof.faults)
    assert all(fault.startswith("main.toml: start") for fault in proof.faults)


def test_a_player_that_is_right_is_not_refused(flows: Flows, main: Flow) -> None:
    assert prove(flows, main, broken(lambda position, event, respond: None)).faults == ()


def test_a_turn_of_waiting_must_be_short(flows: Flows, main: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "TURN_TIMEOUT", 14)
    assert any("a turn of waiting is longer than 15 s" in fault for fault in prove(flows, main).faults)
