"""The safe ends of every call: the operator, a message, a callback."""

from callcrm.ivr.steps import (
    Answer,
    FlowEvent,
    Gather,
    HangUp,
    MessageRecorded,
    NodeKind,
    NoInput,
    Prompt,
    RecordMessage,
    Ring,
    RingEnded,
    Target,
)
from callcrm.ivr.turn import Turn, keys_of

OPERATOR_RING_SECONDS = 15  # the voicemail after it is to be reached within the minute
CONFIRM_TIMEOUT = 4  # seconds
NUMBER_TIMEOUT = 5  # seconds
MAX_NUMBER_DIGITS = 20
MAX_REPEATS = 1
MIN_MESSAGE_SECONDS = 2  # the carrier keeps recordings of silence too


def ring_operators(turn: Turn, keys: str | None = None) -> Answer:
    """Ring every human of last resort at once; with none to ring, take a message."""
    targets = _operators(turn)
    if not targets:
        return record_message(turn, keys)
    then = turn.position.next(kind=NodeKind.OPERATOR, tries=0, rings=1)
    # recorded only where the notice has been heard: to say it now would keep the caller from a human
    step = Ring((Prompt("operator"),), targets, then, OPERATOR_RING_SECONDS, record=turn.position.announced)
    return turn.answer(step, NodeKind.OPERATOR, keys=keys)


def _operators(turn: Turn) -> tuple[Target, ...]:
    try:
        return tuple(turn.context.operators)
    except Exception:  # whatever the context raises, a message can still be taken
        return ()


def after_operators(turn: Turn, event: FlowEvent) -> Answer:
    """After ringing the operators: goodbye, or a message. Any other event leads to the operators."""
    if not isinstance(event, RingEnded):
        return ring_operators(turn)
    return say_goodbye(turn) if event.answered else record_message(turn)


def say_goodbye(turn: Turn) -> Answer:
    """The end of a call in which the caller spoke with somebody, who has hung up."""
    return turn.answer(HangUp((Prompt("goodbye"),)), NodeKind.DONE)


def record_message(turn: Turn, keys: str | None = None) -> Answer:
    """Take a message; a caller whose number is withheld is asked to leave one."""
    prompt = Prompt("message" if _caller(turn) else "message-number")
    then = turn.position.next(kind=NodeKind.VOICEMAIL, tries=0)
    return turn.answer(RecordMessage((prompt,), then), NodeKind.VOICEMAIL, keys=keys)


def _caller(turn: Turn) -> str | None:
    try:
        return turn.context.caller
    except Exception:  # whatever the context raises, a message can still be taken
        return None


def after_message(turn: Turn, event: FlowEvent) -> Answer:
    """After the recording: `0` is the operator, anything else the end; a message promises a callback."""
    if isinstance(event, MessageRecorded):
        key, seconds = event.key, event.seconds
    else:
        key, seconds = keys_of(event), 0
    if key.startswith("0"):
        return ring_operators(turn)
    if seconds < MIN_MESSAGE_SECONDS:
        return turn.answer(HangUp((Prompt("goodbye"),)), NodeKind.DONE)
    return turn.answer(HangUp((Prompt("message-thanks"),)), NodeKind.DONE, promise="voicemail")


def offer_callback(turn: Turn, keys: str | None = None) -> Answer:
    """Offer to call back: the number they call from if we have it, else one to be keyed in."""
    return _confirm_caller(turn, 0, keys) if turn.context.caller else _ask_for_number(turn, 0, keys)


def _confirm_caller(turn: Turn, tries: int, keys: str | None = None) -> Answer:
    then = turn.position.next(kind=NodeKind.CALLBACK, node="", tries=tries)
    step = Gather((Prompt("callback-confirm"),), then, then, CONFIRM_TIMEOUT)
    return turn.answer(step, NodeKind.CALLBACK, keys=keys)


def _ask_for_number(turn: Turn, tries: int, keys: str | None = None) -> Answer:
    then = turn.position.next(kind=NodeKind.CALLBACK, node="number", tries=tries)
    step = Gather((Prompt("callback-number"),), then, then, NUMBER_TIMEOUT, MAX_NUMBER_DIGITS)
    return turn.answer(step, NodeKind.CALLBACK, keys=keys)


def after_callback_offer(turn: Turn, event: FlowEvent) -> Answer:
    """After the offer: 1 or silence accepts it, 2 keys in another number, 0 is the operator."""
    keys, position = keys_of(event), turn.position
    asked_for_number = position.node == "number"
    # a number may begin with 0; zeros and nothing else are a call for the operator
    if keys.startswith("0") and not (asked_for_number and keys.strip("0")):
        return ring_operators(turn)
    if asked_for_number:
        return _number_keyed_in(turn, keys)
    if (keys == "1" or isinstance(event, NoInput)) and turn.context.caller:
        return _promise_callback(turn)
    if keys == "2":
        return _ask_for_number(turn, 0)
    return _confirm_caller(turn, position.tries + 1) if position.tries < MAX_REPEATS else ring_operators(turn)


def _number_keyed_in(turn: Turn, keys: str) -> Answer:
    number = turn.context.parse_number(keys) if keys else None
    if number:
        return _promise_callback(turn, number)
    tries = turn.position.tries
    return _ask_for_number(turn, tries + 1) if tries < MAX_REPEATS else ring_operators(turn)


def _promise_callback(turn: Turn, number: str = "") -> Answer:
    step = HangUp((Prompt("callback-thanks"),))
    return turn.answer(step, NodeKind.DONE, promise="callback", call_back=number)
