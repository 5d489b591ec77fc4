"""The one question after a conversation: a mark by a key. `0` is a human here too."""

from dataclasses import replace

from callcrm.ivr import exits
from callcrm.ivr.steps import Answer, FlowEvent, Gather, HangUp, KeysPressed, NodeKind, Prompt
from callcrm.ivr.turn import Turn, keys_of

TIMEOUT = 5  # seconds to press a key in
# The node of the question is its kind, and each has a prompt of its own. The keys are its marks.
MARKS = {"csat": "12345", "effort": "1234567"}
AFTER_QUESTION = "survey"  # the node of whoever was asked for a mark and wanted a human
PROMPTS = {kind: f"survey-{kind}" for kind in MARKS}


def ask_or_goodbye(turn: Turn) -> Answer:
    """After a caller spoke with somebody, who has hung up: the question, if it is to be put, else the end."""
    kind = _due(turn)
    if kind not in MARKS:
        return exits.say_goodbye(turn)
    then = turn.position.next(kind=NodeKind.SURVEY, node=kind, queue="", tries=0, rings=0)
    step = Gather((Prompt(PROMPTS[kind]),), then, then, TIMEOUT)
    return turn.answer(step, NodeKind.SURVEY, survey=kind)


def _due(turn: Turn) -> str:
    if turn.position.node == AFTER_QUESTION:  # and pressed 0
        return ""
    try:
        return turn.context.survey
    except Exception as fault:  # whatever the context raises, a call that is over ends as it does without
        turn.faults.append(type(fault).__name__)
        return ""


def after_question(turn: Turn, event: FlowEvent) -> Answer:
    """After the question: 0 is the operator, a mark is thanked for; silence and other keys end the call."""
    keys = keys_of(event)
    if keys.startswith("0"):
        asked_turn = replace(turn, position=replace(turn.position, node=AFTER_QUESTION))
        return exits.ring_operators(asked_turn, mark="0")
    if isinstance(event, KeysPressed) and len(keys) == 1 and keys in MARKS.get(turn.position.node, ""):
        return turn.answer(HangUp((Prompt("survey-thanks"),)), NodeKind.DONE, mark=keys)
    return exits.say_goodbye(turn)
