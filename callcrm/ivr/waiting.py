"""The queue: an agent rung, else a place in line with a way out at every turn."""

from dataclasses import replace

from callcrm.ivr import exits
from callcrm.ivr.flows.model import DEFAULT_RING
from callcrm.ivr.flows.prompts import HOLD, MAX_SPOKEN_NUMBER
from callcrm.ivr.steps import (
    Answer,
    Enqueue,
    Gather,
    HangUp,
    Input,
    LeaveQueue,
    NodeKind,
    Position,
    Prompt,
    QueueLeft,
    QueueTurn,
    Ring,
    RingEnded,
)
from callcrm.ivr.turn import Turn, pressed

MOST_RINGS = 2  # agents rung in a row before the caller waits
TURN_TIMEOUT = 1  # seconds; the music before it is part of the turn
MOST_BLIND_TURNS = 1  # while the world does not answer
TURNS_A_ROUND = 3  # the position is said once a round
WAIT_SPAN = 10_000  # steps kept for the turns of one wait, so that what comes after them counts on
EXITS = {"0": NodeKind.OPERATOR, "1": NodeKind.CALLBACK, "2": NodeKind.VOICEMAIL}


def queue(turn: Turn, name: str, keys: str | None = None) -> Answer:
    """Ring somebody who is free, else wait while somebody serves the queue, else the operator."""
    position = turn.position
    target = turn.context.claim_agent(name, position.language) if position.rings < MOST_RINGS else None
    if target is None:
        return _line_up(turn, name, keys)
    then = position.next(
        kind=NodeKind.QUEUE, queue=name, node="", tries=0, rings=position.rings + 1, announced=True
    )
    seconds = turn.flow.ring_seconds(name) if turn.flow else DEFAULT_RING
    step = Ring(_notice(position), (target,), then, seconds, record=True)
    return turn.answer(step, NodeKind.QUEUE, keys=keys, queue=name, announced=not position.announced)


def _notice(position: Position) -> tuple[Prompt, ...]:
    return () if position.announced else (Prompt("recording-notice"),)


def _line_up(turn: Turn, name: str, keys: str | None) -> Answer:
    position = turn.position
    if not turn.context.is_staffed(name):
        return exits.operator(replace(turn, position=replace(position, queue=name)), keys)
    wait = position.next(kind=NodeKind.WAIT, queue=name, node="", tries=0, rings=0)
    then = replace(wait, kind=NodeKind.LEFT, step=position.step + WAIT_SPAN)
    say = () if position.kind == NodeKind.LEFT else (Prompt("queue-busy"),)
    return turn.answer(Enqueue(say, name, wait, then), NodeKind.WAIT, keys=keys, queue=name)


def rung(turn: Turn, came: Input) -> Answer:
    """After ringing an agent: done, or the next one, or the line."""
    if isinstance(came, RingEnded):
        return exits.spoken(turn) if came.answered else queue(turn, turn.position.queue)
    return exits.operator(turn)


def wait(turn: Turn, came: Input) -> Answer:
    """One turn of waiting: out by an exit, out to a free agent or away from an empty desk, or on."""
    keys = pressed(came)
    if keys.startswith("0") or keys in EXITS:
        return leave(turn, EXITS[keys[0]], keys)
    if turn.position.tries == 0:  # just lined up: nobody was free a moment ago, and somebody serves the queue
        return _say(turn, came)
    try:
        bound = _bound(turn)
    except Exception as fault:  # whatever the world raises, one turn may be ridden out
        blind = turn.position.rings
        answer = _say(turn, came, blind + 1) if blind < MOST_BLIND_TURNS else leave(turn, NodeKind.OPERATOR)
        return replace(answer, fault=type(fault).__name__)
    return leave(turn, bound) if bound else _say(turn, came)


def leave(turn: Turn, bound: NodeKind, keys: str | None = None) -> Answer:
    """Let the caller out, to the `then` of their Enqueue: the ledger remembers where they are bound."""
    return turn.answer(LeaveQueue(), bound, keys=keys)


def _bound(turn: Turn) -> NodeKind | None:
    position = turn.position
    if not turn.context.is_staffed(position.queue):
        return NodeKind.OPERATOR
    return NodeKind.QUEUE if turn.context.agent_available(position.queue, position.language) else None


def _say(turn: Turn, came: Input, blind: int = 0) -> Answer:
    position = turn.position
    then = position.next(tries=position.tries % TURNS_A_ROUND + 1, rings=blind)
    position = came.position if isinstance(came, QueueTurn) and position.tries in (0, TURNS_A_ROUND) else None
    if position and 0 < position <= MAX_SPOKEN_NUMBER:
        say = (Prompt("wait-position", {"position": position}), Prompt("wait-choices"))
    else:
        say = (Prompt("wait-choices"), Prompt(HOLD))
    return turn.answer(Gather(say, then, then, TURN_TIMEOUT), NodeKind.WAIT)


def left(turn: Turn, came: Input) -> Answer:
    """Out of the queue: to where the caller is bound. Where that is not known, to the operator."""
    result = came.result if isinstance(came, QueueLeft) else ""
    if result == "hangup":
        return turn.answer(HangUp(()), NodeKind.DONE)
    if result == "connected":
        return exits.spoken(turn)
    bound = turn.context.destination if result == "leave" else ""
    if bound == NodeKind.QUEUE:
        return queue(turn, turn.position.queue)
    if bound == NodeKind.CALLBACK:
        return exits.callback(turn)
    return exits.voicemail(turn) if bound == NodeKind.VOICEMAIL else exits.operator(turn)
