"""The queue: ring a free agent, else wait in line with a way out at every turn."""

from dataclasses import replace

from callcrm.ivr import callback, exits, survey
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
from callcrm.ivr.turn import QUEUED, Turn, keys_of

MAX_RINGS = 2  # agents rung in a row before the caller waits
TURN_TIMEOUT = 1  # seconds; the music before it is part of the turn
MAX_FAILED_TURNS = 1  # that a caller stays in the queue while nobody can be looked up
TURNS_PER_ANNOUNCEMENT = 3  # the place in the queue is said once in so many turns
# Steps kept for the turns of one wait: the URL of what follows it is made before them, and must count higher.
WAIT_STEPS = 10_000
CALLBACK_KEY = "1"
EXIT_KEYS = {"0": NodeKind.OPERATOR, "2": NodeKind.VOICEMAIL}


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
        return survey.ask_or_goodbye(turn)
    return ring_agent_or_wait(turn, turn.position.queue)


def wait_turn(turn: Turn, event: FlowEvent) -> Answer:
    """One turn of waiting: out by a key, out to a free agent or away from an unstaffed queue, or on."""
    keys, position = keys_of(event), turn.position
    if position.node:
        return _after_offer(turn, event)
    if keys.startswith("0") or keys in EXIT_KEYS:
        return leave_queue(turn, EXIT_KEYS[keys[0]], keys)
    if keys == CALLBACK_KEY:
        return _offer_callback(turn, callback.first_question(turn), keys=keys)
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


def _offer_callback(turn: Turn, node: str, tries: int = 0, keys: str | None = None) -> Answer:
    """Put a question of the offer to a caller who stays in the queue: whoever does not agree is still there.

    Nobody behind them waits for them to key in a number: while they do, they count as not waiting.
    """
    then = turn.position.next(node=node, tries=tries)
    step = callback.question(node, then, callback.PROMPTS_IN_QUEUE)
    state = QUEUED if node == callback.CONFIRM else ""
    return turn.answer(step, NodeKind.CALLBACK, keys=keys, state=state)


def _after_offer(turn: Turn, event: FlowEvent) -> Answer:
    """After the offer: 1 accepts it, 2 keys in another number, 0 is the operator; else they wait on."""
    reply, number = callback.reply_to(turn, event)
    position = turn.position
    if reply == callback.Reply.AGREED:
        return turn.answer(LeaveQueue(), NodeKind.DONE, promise="callback", call_back=number)
    if reply == callback.Reply.OPERATOR:
        return leave_queue(turn, NodeKind.OPERATOR)
    if reply == callback.Reply.OTHER_NUMBER:
        return _offer_callback(turn, callback.NUMBER)
    # as at every turn: an agent may be free by now, and nobody waits where nobody serves
    back_in_line = replace(position, node="", tries=TURNS_PER_ANNOUNCEMENT)
    is_unclear = reply == callback.Reply.UNCLEAR
    answer = wait_turn(replace(turn, position=back_in_line), QueueTurn() if is_unclear else event)
    waits_on = isinstance(answer.step, Gather) and not answer.fault
    if is_unclear and waits_on and position.tries < callback.MAX_REPEATS:
        return _offer_callback(turn, position.node, position.tries + 1)
    return answer


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
        return survey.ask_or_goodbye(turn)
    destination = turn.context.destination if result == "leave" else ""
    if destination == NodeKind.DONE:  # they agreed to be called back: that is promised already
        return turn.answer(HangUp((Prompt("callback-thanks"),)), NodeKind.DONE)
    if destination == NodeKind.QUEUE:
        return ring_agent_or_wait(turn, turn.position.queue)
    if destination == NodeKind.CALLBACK:
        return callback.offer(turn)
    return exits.record_message(turn) if destination == NodeKind.VOICEMAIL else exits.ring_operators(turn)
