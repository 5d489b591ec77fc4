"""The safe ends of every call: the operator, or a message."""

from callcrm.ivr.steps import (
    Answer,
    FlowEvent,
    HangUp,
    MessageRecorded,
    NodeKind,
    Prompt,
    RecordMessage,
    Ring,
    Target,
)
from callcrm.ivr.turn import Turn, keys_of

OPERATOR_RING_SECONDS = 15  # the voicemail after it is to be reached within the minute
MIN_MESSAGE_SECONDS = 2  # the carrier keeps recordings of silence too


def ring_operators(turn: Turn, keys: str | None = None, *, mark: str = "") -> Answer:
    """Ring every human of last resort at once; with none to ring, take a message."""
    targets = _operators(turn)
    if not targets:
        return record_message(turn, keys, mark=mark)
    then = turn.position.next(kind=NodeKind.OPERATOR, tries=0, rings=1)
    # recorded only where the notice has been heard: to say it now would keep the caller from a human
    step = Ring((Prompt("operator"),), targets, then, OPERATOR_RING_SECONDS, record=turn.position.announced)
    return turn.answer(step, NodeKind.OPERATOR, keys=keys, mark=mark)


def _operators(turn: Turn) -> tuple[Target, ...]:
    try:
        return tuple(turn.context.operators)
    except Exception as fault:  # whatever the context raises, a message can still be taken
        turn.faults.append(type(fault).__name__)
        return ()


def say_goodbye(turn: Turn) -> Answer:
    """The end of a call in which the caller spoke with somebody, who has hung up."""
    return turn.answer(HangUp((Prompt("goodbye"),)), NodeKind.DONE)


def record_message(turn: Turn, keys: str | None = None, *, mark: str = "") -> Answer:
    """Take a message; a caller whose number is withheld is asked to leave one."""
    prompt = Prompt("message" if caller_of(turn) else "message-number")
    then = turn.position.next(kind=NodeKind.VOICEMAIL, tries=0)
    return turn.answer(RecordMessage((prompt,), then), NodeKind.VOICEMAIL, keys=keys, mark=mark)


def caller_of(turn: Turn) -> str | None:
    """The caller's number (E.164), None if it can't be called back or is not to be had now."""
    try:
        return turn.context.caller
    except Exception as fault:  # whatever the context raises: a message can be taken, a number keyed in
        turn.faults.append(type(fault).__name__)
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
