"""The proof covers the question after a conversation: what breaks the rule there is found."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from callcrm.ivr import player, survey
from callcrm.ivr.flows.loader import Flows
from callcrm.ivr.flows.model import Flow
from callcrm.ivr.proof.proof import prove
from callcrm.ivr.steps import (
    Answer,
    Decision,
    FlowContext,
    FlowEvent,
    HangUp,
    KeysPressed,
    NodeKind,
    Position,
    RingEnded,
)

Respond = Callable[[Position, FlowEvent], Answer]
GOODBYE = Answer(HangUp(()), "en", Decision())


def hangs_up_at_0(position: Position, event: FlowEvent, respond: Respond) -> Answer | None:
    asked = position.kind == NodeKind.SURVEY and event == KeysPressed("0")
    return GOODBYE if asked else None


def asks_whom_nobody_answered(position: Position, event: FlowEvent, respond: Respond) -> Answer | None:
    unanswered = event == RingEnded(answered=False) and position.kind == NodeKind.OPERATOR
    return respond(position, RingEnded(answered=True)) if unanswered else None


def asks_again(position: Position, event: FlowEvent, respond: Respond) -> Answer | None:
    return respond(replace(position, node=""), event) if position.node == survey.AFTER_QUESTION else None


def asks_at_a_wrong_key(position: Position, event: FlowEvent, respond: Respond) -> Answer | None:
    return (
        respond(replace(position, kind=NodeKind.OPERATOR), RingEnded(answered=True))
        if (position.kind == NodeKind.SURVEY and event == KeysPressed("9"))
        else None
    )


@pytest.mark.parametrize(
    ("mutant", "line"),
    [
        (hangs_up_at_0, "0 does not lead to a human"),
        (asks_whom_nobody_answered, "asks for a mark before anybody spoke with the caller"),
        (asks_again, "asks for a mark twice"),
        (asks_at_a_wrong_key, "asks for a mark before anybody spoke with the caller"),
    ],
)
def test_a_player_that_breaks_the_rule_at_the_question_is_refused(
    flows: Flows, mutant: Callable[..., Answer | None], line: str
) -> None:
    main = flows.get("main")
    assert isinstance(main, Flow)

    def respond(own: Flows, position: Position, event: FlowEvent, context: FlowContext) -> Answer:
        def right(position: Position, event: FlowEvent) -> Answer:
            return player.respond(own, position, event, context)

        return mutant(position, event, right) or right(position, event)

    faults = "\n".join(prove(flows, main, respond).faults)
    assert line in faults
