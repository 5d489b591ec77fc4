"""The proof of the operator rule: a flow that breaks it is refused, with the shortest way to the breach.

Every state is walked with every input in every imagined world (`walk`, `imagined`), then held
against the rules here and timed (`slow`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from callcrm.ivr import player
from callcrm.ivr.flows.model import Flow, Flows
from callcrm.ivr.proof.state_space import ZERO, Edge, Respond, State, Stuck, explore
from callcrm.ivr.proof.timing import HumanClock
from callcrm.ivr.proof.worlds import worlds
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

MOST_SECONDS = 60
MOST_ASKED = 3  # the prompt and two repeats
LONGEST_TURN = 15  # seconds of waiting before a free agent is looked for again
NOTICE, CHOICES = Prompt("recording-notice"), Prompt("wait-choices")


@dataclass(frozen=True)
class Proof:
    """What the proof found. `seconds`: by language, at worst, to a human and to the voicemail behind one."""

    faults: tuple[str, ...]
    states: int = 0
    turns: int = 0
    seconds: Mapping[str, tuple[float, float]] | None = None


def prove(flows: Flows, flow: Flow, respond: Respond = player.respond) -> Proof:
    """Hold a flow, as this player plays it, against the operator rule."""
    try:
        states = explore(flow, worlds(flows, flow), respond)
    except Stuck as stuck:
        return Proof((_line(flow, stuck.path, str(stuck)),))
    clock = HumanClock(flows.book)
    breaches: dict[str, tuple[str, ...]] = {}
    for what, path in _breaches(states, clock):
        if len(path) < len(breaches.get(what, (*path, ""))):
            breaches[what] = path
    return Proof(
        faults=tuple(_line(flow, path, what) for what, path in breaches.items()),
        states=len(states),
        turns=sum(len(state.edges) for state in states),
        seconds=_seconds(states, clock),
    )


def _line(flow: Flow, path: tuple[str, ...], what: str) -> str:
    return f"{flow.name}.toml: {', '.join(path)}: {what}"


def _breaches(states: list[State], clock: HumanClock) -> Iterator[tuple[str, tuple[str, ...]]]:
    for state in states:
        for what in _wrong_with(state, clock):
            yield what, state.path
        for edge in state.edges:
            for broken, what in EDGE_RULES:
                if broken(edge):
                    yield what, (*state.path, edge.description)
        worst = clock.worst(state)
        if worst.prompted > MOST_ASKED:
            yield f"asks more than {MOST_ASKED} times", (*state.path, *worst.keys)
        if worst.human > MOST_SECONDS:
            yield (
                f"silence and wrong keys reach no human within {MOST_SECONDS} s",
                (*state.path, *worst.keys),
            )


def _wrong_with(state: State, clock: HumanClock) -> Iterator[str]:
    step, decision = state.answer.step, state.answer.decision
    if isinstance(step, Ring):
        if not step.targets:
            yield "rings nobody"
        if step.record and (not step.then.announced or (decision.announced and NOTICE not in step.say)):
            yield "records without having said so"
    if isinstance(step, LeaveQueue) != (state.waiting is not None) and not isinstance(step, Gather):
        yield "does what can't be done there: in a queue one can only be asked or leave it"
    if isinstance(step, Gather) and state.waiting:
        if clock.turn(state) > LONGEST_TURN:
            yield f"a turn of waiting is longer than {LONGEST_TURN} s"
        if CHOICES not in step.say:
            yield "does not tell the ways out of the queue"


def _no_human(edge: Edge) -> bool:
    """0 leads to a human: at once, or out of the queue and then at once."""
    if edge.label not in ZERO:
        return False
    if isinstance(edge.target.step, LeaveQueue):
        return not edge.target.edges or not all(_human(out) for out in edge.target.edges)
    return not _human(edge)


def _human(edge: Edge) -> bool:
    if isinstance(edge.target.step, RecordMessage):  # there is nobody to ring where nobody can be named
        return "operators" in edge.world.broken
    return isinstance(edge.target.step, Ring)


def _hangs_up(edge: Edge) -> bool:
    """The call ends only after somebody spoke, a message, or a callback to a number we have."""
    if not isinstance(edge.target.step, HangUp):
        return False
    match edge.input:
        case RingEnded(answered=spoke):
            return not spoke
        case MessageRecorded():
            return False
        case _:
            decision = edge.target.answer.decision
            return decision.promise != "callback" or not (decision.call_back or edge.world.caller_known)


def _no_promise(edge: Edge) -> bool:
    said = isinstance(edge.input, MessageRecorded) and edge.input.seconds > 1
    return (
        said and isinstance(edge.target.step, HangUp) and edge.target.answer.decision.promise != "voicemail"
    )


def _waits_in_vain(edge: Edge) -> bool:
    return isinstance(edge.target.step, Enqueue) and not edge.world.known_staffed


def _no_way_out(edge: Edge) -> bool:
    """In the queue 1 leads to a callback and 2 to a message, by way of leaving it."""
    bound = {"1": NodeKind.CALLBACK, "2": NodeKind.VOICEMAIL}.get(edge.label)
    if bound is None or not edge.waiting:
        return False
    return not isinstance(edge.target.step, LeaveQueue) or edge.target.answer.decision.destination != bound


EDGE_RULES: tuple[tuple[Callable[[Edge], bool], str], ...] = (
    (_no_human, "0 does not lead to a human"),
    (_hangs_up, "hangs up before a human, a message or a promise to call back"),
    (_no_promise, "takes a message without a promise to call back"),
    (_waits_in_vain, "waits in a queue that nobody is known to serve"),
    (_no_way_out, "the queue has no way out there"),
)


def _seconds(states: list[State], clock: HumanClock) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for state in states:
        worst = clock.worst(state)
        human, message = found.get(state.answer.language, (0.0, 0.0))
        asks = isinstance(state.step, Gather)
        found[state.answer.language] = (
            max(human, worst.human),
            max(message, worst.message) if asks else message,
        )
    return found
