"""The proof of the operator rule: a flow that breaks it is refused, with the shortest way to the breach.

Every state is visited with every event in every world (`state_space`, `worlds`), then held against the
rules here and timed (`timing`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from callcrm.ivr import callback, player, survey
from callcrm.ivr.flows.model import Flow, Flows
from callcrm.ivr.proof.state_space import ZERO, Edge, Respond, State, Stuck, explore
from callcrm.ivr.proof.timing import Timing
from callcrm.ivr.proof.worlds import AGENT, OPERATOR, worlds
from callcrm.ivr.steps import (
    Enqueue,
    Gather,
    HangUp,
    LeaveQueue,
    MessageRecorded,
    NodeKind,
    Prompt,
    RecordMessage,
    Ring,
    RingEnded,
)

MAX_SECONDS = 60  # to a human
MAX_ATTEMPTS = 3  # the prompt and two repeats
MAX_TURN_SECONDS = 15  # of waiting before a free agent is looked for again
NOTICE, CHOICES = Prompt("recording-notice"), Prompt("wait-choices")
OFFERS_IN_QUEUE = {node: Prompt(key) for node, key in callback.PROMPTS_IN_QUEUE.items()}


@dataclass(frozen=True)
class Proof:
    """The result for one flow: faults, sizes, and by language the seconds at worst to a human and to the
    voicemail behind one.
    """

    faults: tuple[str, ...]
    states: int = 0
    turns: int = 0
    seconds: Mapping[str, tuple[float, float]] | None = None


def prove(
    flows: Flows, flow: Flow, respond: Respond = player.respond, *, own_numbers: Collection[str] = ()
) -> Proof:
    """Hold a flow, as this player plays it, against the operator rule.

    A call to one of `own_numbers` comes back to us: no key may lead there.
    """
    try:
        states = explore(flow, worlds(flows, flow), respond)
    except Stuck as stuck:
        return Proof((_line(flow, stuck.path, str(stuck)),))
    timing = Timing(flows.book)
    breaches: dict[str, tuple[str, ...]] = {}
    for rule, path in (*_breaches(states, timing), *_own_numbers_rung(states, own_numbers)):
        if len(path) < len(breaches.get(rule, (*path, ""))):
            breaches[rule] = path
    return Proof(
        faults=tuple(_line(flow, path, rule) for rule, path in breaches.items()),
        states=len(states),
        turns=sum(len(state.edges) for state in states),
        seconds=_seconds(states, timing),
    )


def _line(flow: Flow, path: tuple[str, ...], rule: str) -> str:
    return f"{flow.name}.toml: {', '.join(path)}: {rule}"


def _breaches(states: list[State], timing: Timing) -> Iterator[tuple[str, tuple[str, ...]]]:
    for state in states:
        for rule in _state_breaches(state, timing):
            yield rule, state.path
        for edge in state.edges:
            for is_breach, rule in EDGE_RULES:
                if is_breach(edge):
                    yield rule, (*state.path, edge.description)
        way = timing.slowest_way(state)
        if way.attempts > MAX_ATTEMPTS:
            yield f"asks more than {MAX_ATTEMPTS} times", (*state.path, *way.keys)
        if way.human > MAX_SECONDS:
            yield (
                f"silence and wrong keys reach no human within {MAX_SECONDS} s",
                (*state.path, *way.keys),
            )


def _own_numbers_rung(
    states: list[State], own_numbers: Collection[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for state in states:
        for target in state.step.targets if isinstance(state.step, Ring) else ():
            is_ours = target.address in own_numbers and target not in (OPERATOR, AGENT)
            if is_ours:
                yield f"rings {target.address}, a number of ours: the call would come back here", state.path


def _state_breaches(state: State, timing: Timing) -> Iterator[str]:
    step, decision = state.answer.step, state.answer.decision
    if isinstance(step, Ring):
        if not step.targets:
            yield "rings nobody"
        if step.record and (not step.then.announced or (decision.announced and NOTICE not in step.say)):
            yield "records without having said so"
    if isinstance(step, LeaveQueue) != (state.waiting is not None) and not isinstance(step, Gather):
        yield "does what can't be done there: in a queue one can only be asked or leave it"
    if isinstance(step, Gather) and state.waiting:
        if timing.question_seconds(state) > MAX_TURN_SECONDS:
            yield f"a turn of waiting is longer than {MAX_TURN_SECONDS} s"
        node = step.then.node
        if not node and CHOICES not in step.say:
            yield "does not tell the ways out of the queue"
        if node and OFFERS_IN_QUEUE.get(node) not in step.say:
            yield "offers to call back without saying that silence keeps the place in line"


def _zero_reaches_no_human(edge: Edge) -> bool:
    """0 leads to a human: at once, or out of the queue and then at once."""
    if edge.label not in ZERO:
        return False
    if isinstance(edge.target.step, LeaveQueue):
        return not edge.target.edges or not all(_reaches_human(out) for out in edge.target.edges)
    return not _reaches_human(edge)


def _reaches_human(edge: Edge) -> bool:
    if isinstance(edge.target.step, RecordMessage):  # there is nobody to ring where nobody can be named
        return "operators" in edge.world.broken
    return isinstance(edge.target.step, Ring)


def _hangs_up_early(edge: Edge) -> bool:
    """The call ends only after somebody spoke, a message, or a callback to a number we have. Who was asked
    for a mark has spoken with somebody, which `_asks_for_mark_early` sees to.
    """
    if not isinstance(edge.target.step, HangUp) or _is_survey(edge.source):
        return False
    match edge.event:
        case RingEnded(answered=answered):
            return not answered
        case MessageRecorded():
            return False
        case _:
            agreed = edge.source if isinstance(edge.source.step, LeaveQueue) else edge.target
            return agreed.answer.decision.promise != "callback" or _promises_nobody(edge)


def _is_survey(state: State) -> bool:
    return isinstance(state.step, Gather) and state.step.then.kind == NodeKind.SURVEY


def _asks_for_mark_early(edge: Edge) -> bool:
    """A mark is asked for only of a caller whose conversation has just ended."""
    spoke = isinstance(edge.event, RingEnded) and edge.event.answered
    return _is_survey(edge.target) and not spoke


def _asks_for_mark_again(edge: Edge) -> bool:
    """A mark is asked for once: who pressed 0 there is not asked after the next conversation."""
    rung = edge.source.step
    return _is_survey(edge.target) and isinstance(rung, Ring) and rung.then.node == survey.AFTER_QUESTION


def _promises_nobody(edge: Edge) -> bool:
    """A callback is promised only where there is a number to call: the caller's own, or one keyed in."""
    decision = edge.target.answer.decision
    has_number = decision.call_back or edge.world.caller_known
    return decision.promise == "callback" and not has_number


def _silence_agrees(edge: Edge) -> bool:
    """Nobody is promised a callback, or let out of the queue for one, who has not agreed to it."""
    decision = edge.target.answer.decision
    leaves = edge.waiting and isinstance(edge.target.step, LeaveQueue)
    for_callback = leaves and decision.destination in (NodeKind.CALLBACK, NodeKind.DONE)
    return edge.no_match and isinstance(edge.source.step, Gather) and (bool(decision.promise) or for_callback)


def _message_without_promise(edge: Edge) -> bool:
    has_message = isinstance(edge.event, MessageRecorded) and edge.event.seconds > 1
    hangs_up = isinstance(edge.target.step, HangUp)
    return has_message and hangs_up and edge.target.answer.decision.promise != "voicemail"


def _waits_unstaffed(edge: Edge) -> bool:
    return isinstance(edge.target.step, Enqueue) and not edge.world.known_staffed


def _queue_without_exit(edge: Edge) -> bool:
    """In the queue 1 leads to the offer of a callback, place in line kept, and 2 out to a message."""
    if not edge.waiting or not isinstance(edge.source.step, Gather) or edge.source.step.then.node:
        return False
    step, destination = edge.target.step, edge.target.answer.decision.destination
    if edge.label == "1":
        return not isinstance(step, Gather) or not step.then.node
    return edge.label == "2" and (not isinstance(step, LeaveQueue) or destination != NodeKind.VOICEMAIL)


EDGE_RULES: tuple[tuple[Callable[[Edge], bool], str], ...] = (
    (_zero_reaches_no_human, "0 does not lead to a human"),
    (_hangs_up_early, "hangs up before a human, a message or a promise to call back"),
    (_asks_for_mark_early, "asks for a mark before anybody spoke with the caller"),
    (_asks_for_mark_again, "asks for a mark twice"),
    (_promises_nobody, "promises to call back a number we do not have"),
    (_silence_agrees, "takes silence or a wrong key for agreement to be called back"),
    (_message_without_promise, "takes a message without a promise to call back"),
    (_waits_unstaffed, "waits in a queue that nobody is known to serve"),
    (_queue_without_exit, "the queue has no way out there"),
)


def _seconds(states: list[State], timing: Timing) -> dict[str, tuple[float, float]]:
    slowest: dict[str, tuple[float, float]] = {}
    for state in states:
        way = timing.slowest_way(state)
        human, message = slowest.get(state.answer.language, (0.0, 0.0))
        asks = isinstance(state.step, Gather)
        slowest[state.answer.language] = (
            max(human, way.human),
            max(message, way.message) if asks else message,
        )
    return slowest
