"""The safe ends of every call: the operator, a message, a callback."""

from callcrm.ivr.steps import (
    Answer,
    Gather,
    HangUp,
    Input,
    MessageRecorded,
    NodeKind,
    NoInput,
    Prompt,
    RecordMessage,
    Ring,
    RingEnded,
    Target,
)
from callcrm.ivr.turn import Turn, pressed

OPERATOR_RING = 15  # seconds; the voicemail after it is to be reached within the minute
CONFIRM_TIMEOUT = 4
NUMBER_TIMEOUT = 5
MOST_DIGITS = 20
MOST_REPEATS = 1
SHORTEST_MESSAGE = 2  # seconds; the carrier keeps recordings of silence too


def operator(turn: Turn, keys: str | None = None) -> Answer:
    """Ring every human of last resort at once; with none to ring, take a message."""
    targets = _operators(turn)
    if not targets:
        return voicemail(turn, keys)
    then = turn.position.next(kind=NodeKind.OPERATOR, tries=0, rings=1)
    step = Ring((Prompt("operator"),), targets, then, OPERATOR_RING, record=turn.position.announced)
    return turn.answer(step, NodeKind.OPERATOR, keys=keys)


def _operators(turn: Turn) -> tuple[Target, ...]:
    try:
        return tuple(turn.context.operators)
    except Exception:  # whatever the world raises, a message can still be taken
        return ()


def operator_rung(turn: Turn, came: Input) -> Answer:
    """After ringing the operator: done, or a message. Anything else that comes here wants the operator."""
    if not isinstance(came, RingEnded):
        return operator(turn)
    return spoken(turn) if came.answered else voicemail(turn)


def spoken(turn: Turn) -> Answer:
    """The caller has spoken with somebody, who has hung up."""
    return turn.answer(HangUp((Prompt("goodbye"),)), NodeKind.DONE)


def voicemail(turn: Turn, keys: str | None = None) -> Answer:
    """Take a message; a caller whose number is withheld is asked to say one."""
    say = Prompt("message" if _caller(turn) else "message-number")
    then = turn.position.next(kind=NodeKind.VOICEMAIL, tries=0)
    return turn.answer(RecordMessage((say,), then), NodeKind.VOICEMAIL, keys=keys)


def _caller(turn: Turn) -> str | None:
    try:
        return turn.context.caller
    except Exception:  # whatever the world raises, a message can still be taken
        return None


def message_taken(turn: Turn, came: Input) -> Answer:
    """After the tone: `0` is the operator, anything else the end; what was said is a promise to call back."""
    key, seconds = (came.key, came.seconds) if isinstance(came, MessageRecorded) else (pressed(came), 0)
    if key.startswith("0"):
        return operator(turn)
    if seconds < SHORTEST_MESSAGE:
        return turn.answer(HangUp((Prompt("goodbye"),)), NodeKind.DONE)
    return turn.answer(HangUp((Prompt("message-thanks"),)), NodeKind.DONE, promise="voicemail")


def callback(turn: Turn, keys: str | None = None) -> Answer:
    """Arrange to call back: the number they call from if we know it, else one to be keyed in."""
    return _confirm(turn, 0, keys) if turn.context.caller else _ask_number(turn, 0, keys)


def _confirm(turn: Turn, tries: int, keys: str | None = None) -> Answer:
    then = turn.position.next(kind=NodeKind.CALLBACK, node="", tries=tries)
    step = Gather((Prompt("callback-confirm"),), then, then, CONFIRM_TIMEOUT)
    return turn.answer(step, NodeKind.CALLBACK, keys=keys)


def _ask_number(turn: Turn, tries: int, keys: str | None = None) -> Answer:
    then = turn.position.next(kind=NodeKind.CALLBACK, node="number", tries=tries)
    step = Gather((Prompt("callback-number"),), then, then, NUMBER_TIMEOUT, MOST_DIGITS)
    return turn.answer(step, NodeKind.CALLBACK, keys=keys)


def calling_back(turn: Turn, came: Input) -> Answer:
    """The caller has heard what we would do, or has keyed in a number."""
    keys = pressed(came)
    if keys.startswith("0") and (turn.position.node != "number" or not keys.strip("0")):
        return operator(turn)
    if turn.position.node == "number":
        return _number_keyed(turn, keys)
    if (keys == "1" or isinstance(came, NoInput)) and turn.context.caller:
        return _promised(turn)
    if keys == "2":
        return _ask_number(turn, 0)
    return _confirm(turn, turn.position.tries + 1) if turn.position.tries < MOST_REPEATS else operator(turn)


def _number_keyed(turn: Turn, keys: str) -> Answer:
    number = turn.context.parse_number(keys) if keys else None
    if number:
        return _promised(turn, number)
    return (
        _ask_number(turn, turn.position.tries + 1) if turn.position.tries < MOST_REPEATS else operator(turn)
    )


def _promised(turn: Turn, number: str = "") -> Answer:
    return turn.answer(
        HangUp((Prompt("callback-thanks"),)), NodeKind.DONE, promise="callback", call_back=number
    )
