"""The offer to call back: on the caller's own number, or on one keyed in. Silence is no agreement."""

from enum import StrEnum

from callcrm.ivr import exits
from callcrm.ivr.steps import Answer, FlowEvent, Gather, HangUp, KeysPressed, NodeKind, Position, Prompt
from callcrm.ivr.turn import Turn, keys_of

CONFIRM, NUMBER = "confirm", "number"  # the nodes of the offer: its two questions
CONFIRM_TIMEOUT = 4  # seconds
NUMBER_TIMEOUT = 5  # seconds
MAX_NUMBER_DIGITS = 20
MAX_REPEATS = 1
# The prompt of each question; whoever stands in a queue is told that silence keeps their place.
PROMPTS = {CONFIRM: "callback-confirm", NUMBER: "callback-number"}
PROMPTS_IN_QUEUE = {CONFIRM: "callback-wait", NUMBER: "callback-number-wait"}


class Reply(StrEnum):
    """What a caller makes of the offer."""

    AGREED = "agreed"
    OTHER_NUMBER = "other number"
    OPERATOR = "operator"
    SILENCE = "silence"
    UNCLEAR = "unclear"


def first_question(turn: Turn) -> str:
    """The node the offer begins with: confirm the number they call from if we have it, else key in one."""
    return CONFIRM if exits.caller_of(turn) else NUMBER


def question(node: str, then: Position, prompts: dict[str, str] = PROMPTS) -> Gather:
    """The step that puts this question of the offer; keys and silence come back to `then`."""
    say = (Prompt(prompts[node]),)
    if node == NUMBER:
        return Gather(say, then, then, NUMBER_TIMEOUT, MAX_NUMBER_DIGITS)
    return Gather(say, then, then, CONFIRM_TIMEOUT)


def reply_to(turn: Turn, event: FlowEvent) -> tuple[Reply, str]:
    """What the caller's keys mean at this question of the offer, and the number (E.164) keyed in, if any."""
    keys, at_number = keys_of(event), turn.position.node == NUMBER
    # a number may begin with 0; zeros and nothing else are a call for the operator
    if keys.startswith("0") and not (at_number and keys.strip("0")):
        return Reply.OPERATOR, ""
    if not isinstance(event, KeysPressed):
        return Reply.SILENCE, ""
    if at_number:
        number = turn.context.parse_number(keys) if keys else None
        return (Reply.AGREED, number) if number else (Reply.UNCLEAR, "")
    if keys == "1" and exits.caller_of(turn):
        return Reply.AGREED, ""
    return (Reply.OTHER_NUMBER if keys == "2" else Reply.UNCLEAR), ""


def offer(turn: Turn, keys: str | None = None) -> Answer:
    """Offer to call back, outside of any queue."""
    return _ask(turn, first_question(turn), keys=keys)


def _ask(turn: Turn, node: str, tries: int = 0, keys: str | None = None) -> Answer:
    then = turn.position.next(kind=NodeKind.CALLBACK, node=node, tries=tries)
    return turn.answer(question(node, then), NodeKind.CALLBACK, keys=keys)


def after_offer(turn: Turn, event: FlowEvent) -> Answer:
    """After the offer: 1 accepts it, 2 keys in another number; 0, and in the end silence, is the operator."""
    reply, number = reply_to(turn, event)
    if reply == Reply.AGREED:
        return confirm(turn, number)
    if reply == Reply.OTHER_NUMBER:
        return _ask(turn, NUMBER)
    node, tries = turn.position.node or CONFIRM, turn.position.tries
    if reply == Reply.OPERATOR or tries >= MAX_REPEATS:
        return exits.ring_operators(turn)
    return _ask(turn, node, tries + 1)


def confirm(turn: Turn, number: str = "") -> Answer:
    """The end of a call whose caller has agreed to be called back."""
    step = HangUp((Prompt("callback-thanks"),))
    return turn.answer(step, NodeKind.DONE, promise="callback", call_back=number)
