"""The queue: ring a free agent, else wait in line with a way out at every turn."""

from dataclasses import replace

from callcrm.ivr import exits
from callcrm.ivr.flows.model import DEFAULT_RING
from callcrm.ivr.flows.prompts import HOLD, MAX_SPOKEN_NUMBER
from callcrm.ivr.steps import (
    Answer,
    Enqueue,
    FlowEvent,
    Gather,
    HangUp,
    LeaveQueue,
    NodeKind,
    Position,
    Prompt,
    QueueLeft,
    QueueTurn,
    Ring,
    RingEnded,
)
from callcrm.ivr.turn import Turn, keys_of

MAX_RINGS = 2  # agents rung in a row before the caller waits
TURN_TIMEOUT = 1  # seconds; the music before it is part of the turn
MAX_FAILED_TURNS = 1  # that a caller stays in the queue while nobody can be looked up
TURNS_PER_ANNOUNCEMENT = 3  # the place in the queue is said once in so many turns
# Steps kept for the turns of one wait: the URL of what follows it is made before them, and must count higher.
WAIT_STEPS = 10_000
EXIT_KEYS = {"0": NodeKind.OPERATOR, "1": NodeKind.CALLBACK, "2": NodeKind.VOICEMAIL}


def ring_agent_or_wait(turn: Turn, queue: str, keys: str | None = None) -> Answer:
    """Ring an agent who is free, else wait while somebody serves the queue, else ring the operators."""
    position = turn.position
    target = turn.context.claim_agent(queue, position.language) if position.rings < MAX_RINGS else None
    if target is None:
        return _enqueue(turn, queue, keys)
    then = position.next(
        kind=NodeKind.QUEUE, queue=queue, node="", tries=0, rings=position.rings + 1, announced=True
    )
    seconds = turn.flow.ring_seconds(queue) if turn.flow else DEFAULT_RING
    step = Ring(_recording_notice(position), (target,), then, seconds, record=True)
    return turn.answer(step, NodeKind.QUEUE, keys=keys, queue=queue, announced=not position.announced)


def _recording_notice(position: Position) -> tuple[Prompt, ...]:
    return () if position.announced else (Prompt("recording-notice"),)


def _enqueue(turn: Turn, queue: str, keys: str | None) -> Answer:
    position = turn.position
    if not turn.context.is_staffed(queue):
        return exits.ring_operators(replace(turn, position=replace(position, queue=queue)), keys)
    wait = position.next(kind=NodeKind.WAIT, queue=queue, node="", tries=0, rings=0)
    then = replace(wait, kind=NodeKind.LEFT, step=position.step + WAIT_STEPS)
    say = () if position.kind == NodeKind.LEFT else (Prompt("queue-busy"),)
    return turn.answer(Enqueue(say, queue, wait, then), NodeKind.WAIT, keys=keys, queue=queue)


def after_agent(turn: Turn, event: FlowEvent) -> Answer:
    """After ringing an agent: goodbye, or the next one, or the queue."""
    if not isinstance(event, RingEnded):
        return exits.ring_operators(turn)
    if event.answered:
        return exits.say_goodbye(turn)
    return ring_agent_or_wait(turn, turn.position.queue)


def wait_turn(turn: Turn, event: FlowEvent) -> Answer:
    """One turn of waiting: out by a key, out to a free agent or away from an unstaffed queue, or on."""
    keys, position = keys_of(event), turn.position
    if keys.startswith("0") or keys in EXIT_KEYS:
        return leave_queue(turn, EXIT_KEYS[keys[0]], keys)
    if position.tries == 0:  # just enqueued: nobody was free a moment ago, and somebody serves the queue
        return _wait_on(turn, event)
    try:
        destination = _way_out(turn)
    except Exception as fault:  # whatever the context raises: one failed turn empties no queue
        failed_turns = position.rings  # nobody is rung from the queue, so `rings` counts these
        if failed_turns < MAX_FAILED_TURNS:
            answer = _wait_on(turn, event, failed_turns + 1)
        else:
            answer = leave_queue(turn, NodeKind.OPERATOR)
        return replace(answer, fault=type(fault).__name__)
    return leave_queue(turn, destination) if destination else _wait_on(turn, event)


def leave_queue(turn: Turn, destination: NodeKind, keys: str | None = None) -> Answer:
    """Let the caller out, to the `then` of their Enqueue.

    Leave has no URL of its own: only the ledger can tell the next request what the destination is.
    """
    return turn.answer(LeaveQueue(), destination, keys=keys)


def _way_out(turn: Turn) -> NodeKind | None:
    position = turn.position
    if not turn.context.is_staffed(position.queue):
        return NodeKind.OPERATOR
    return NodeKind.QUEUE if turn.context.agent_available(position.queue, position.language) else None


def _wait_on(turn: Turn, event: FlowEvent, failed_turns: int = 0) -> Answer:
    tries = turn.position.tries  # turns since the place in the queue was said last
    then = turn.position.next(tries=tries % TURNS_PER_ANNOUNCEMENT + 1, rings=failed_turns)
    is_due = tries in (0, TURNS_PER_ANNOUNCEMENT)
    place = event.position if isinstance(event, QueueTurn) and is_due else None
    if place and 0 < place <= MAX_SPOKEN_NUMBER:
        say = (Prompt("wait-position", {"position": place}), Prompt("wait-choices"))
    else:
        say = (Prompt("wait-choices"), Prompt(HOLD))
    return turn.answer(Gather(say, then, then, TURN_TIMEOUT), NodeKind.WAIT)


def after_queue(turn: Turn, event: FlowEvent) -> Answer:
    """Out of the queue: on to the caller's destination, to the operators where it is not known."""
    result = event.result if isinstance(event, QueueLeft) else ""
    if result == "hangup":
        return turn.answer(HangUp(()), NodeKind.DONE)
    if result == "connected":
        return exits.say_goodbye(turn)
    destination = turn.context.destination if result == "leave" else ""
    if destination == NodeKind.QUEUE:
        return ring_agent_or_wait(turn, turn.position.queue)
    if destination == NodeKind.CALLBACK:
        return exits.offer_callback(turn)
    return exits.record_message(turn) if destination == NodeKind.VOICEMAIL else exits.ring_operators(turn)
