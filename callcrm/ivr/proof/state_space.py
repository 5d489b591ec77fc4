"""The state space of a flow: every answer that can be reached, by every event, in every world."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter

from callcrm.ivr import callback, survey
from callcrm.ivr.flows.model import LANGUAGE_MENU, Flow, Flows
from callcrm.ivr.proof.worlds import World
from callcrm.ivr.steps import (
    Answer,
    CallArrived,
    Enqueue,
    FlowContext,
    FlowEvent,
    Gather,
    HangUp,
    KeysPressed,
    LeaveQueue,
    MessageRecorded,
    NodeKind,
    NoInput,
    Position,
    QueueLeft,
    QueueTurn,
    RecordMessage,
    Ring,
    RingEnded,
    Step,
)

Respond = Callable[[Flows, Position, FlowEvent, FlowContext], Answer]

MAX_STATES = 3000
MAX_MISSES = 6  # silences and wrong keys in a row; a good flow leads to a human after fewer

NUMBER = "a telephone number"
# What can be pressed, by what it is called in the path of a fault.
KEYS = {
    **{key: key for key in "0123456789*#"},
    "00": "00",
    "an empty input": "",
    "something misheard": "sales, please",
    "20 digits": "12345678901234567890",
    NUMBER: "2025550102",
}
ZERO = frozenset(("0", "00"))
EXIT_KEYS = ("1", "2")  # of a queue and of a callback's confirmation, beside 0
SAFE = (Ring, RecordMessage, HangUp, Enqueue)  # end a row of silences and wrong keys
# A state is known by all of its positions but `step`, which only counts documents and has no end.
POSITION_KEY = attrgetter("kind", "flow", "node", "queue", "language", "tries", "rings", "announced")
POSITIONS = {
    Gather: ("then", "no_input"),
    Ring: ("then",),
    Enqueue: ("wait", "then"),
    RecordMessage: ("then",),
}
OTHER_FIELDS: dict[type[Step], tuple[str, ...]] = {
    Gather: ("say", "timeout", "digits"),
    Ring: ("say", "targets", "seconds", "record"),
    Enqueue: ("say", "queue"),
    LeaveQueue: (),
    RecordMessage: ("say", "seconds"),
    HangUp: ("say",),
}


@dataclass(eq=False)
class State:
    """An answer the caller got. `waiting`: the Enqueue they are in. `path`: the shortest way, in words."""

    answer: Answer
    path: tuple[str, ...]
    waiting: Enqueue | None = None
    misses: int = 0
    edges: list["Edge"] = field(default_factory=list)

    @property
    def step(self) -> Step:
        """What happens here."""
        return self.answer.step


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """One event in one world, the state it comes in at, and the state it leads to.

    `waiting`: it came in from the waiting loop. `no_match`: silence, or a key that means nothing there.
    """

    label: str
    world: World
    event: FlowEvent
    no_match: bool
    waiting: bool
    source: State
    target: State

    @property
    def description(self) -> str:
        """The event in words, with the world if all is not well in it."""
        return _describe(self.label, self.world)


class Stuck(Exception):
    """The player raises, or its states have no end: `path` says where."""

    def __init__(self, path: Sequence[str], reason: str) -> None:
        super().__init__(reason)
        self.path = tuple(path)


def explore(flow: Flow, worlds: Sequence[World], respond: Respond) -> list[State]:
    """Every state of the flow, by the length of the way there; Stuck if there is no end of them."""
    explorer = _Explorer(respond, worlds)
    explorer.follow(None, Move("start", Position(NodeKind.START), CallArrived()))
    while explorer.frontier:
        state = explorer.frontier.popleft()
        if len(explorer.states) > MAX_STATES:
            raise Stuck(state.path, "there is no end of states")
        if state.misses <= MAX_MISSES:
            for move in moves(flow, state):
                explorer.follow(state, move)
    return list(explorer.states.values())


@dataclass(frozen=True, slots=True)
class Move:
    """One event, and the position it comes in at. `no_match`: silence, or a key that means nothing here."""

    label: str
    position: Position
    event: FlowEvent
    waiting: Enqueue | None = None
    no_match: bool = False


def moves(flow: Flow, state: State) -> Iterator[Move]:
    """Every event that can come in at a state."""
    match state.step:
        case Gather() as gather:
            yield from _keys(gather, _offered_keys(flow, gather.then), state.waiting)
        case Ring(then=then):
            yield Move("nobody answers", then, RingEnded(answered=False))
            yield Move("somebody answers", then, RingEnded(answered=True))
        case Enqueue(wait=wait, then=then) as enqueue:
            yield Move("waiting", wait, QueueTurn(position=1, waited=0), enqueue)
            yield Move("the queue is full", then, QueueLeft("full"))
            yield Move("the queue fails", then, QueueLeft("error"))
        case LeaveQueue() if state.waiting:
            yield Move("out of the queue", state.waiting.then, QueueLeft("leave"), no_match=True)
        case RecordMessage(then=then):
            yield Move("a message", then, MessageRecorded(9))
            yield Move("no message", then, MessageRecorded(0))
            yield Move("0", then, MessageRecorded(3, "0"))


def _keys(gather: Gather, offered: frozenset[str], waiting: Enqueue | None) -> Iterator[Move]:
    silence: FlowEvent = QueueTurn(position=3, waited=30) if waiting else NoInput()
    yield Move("nothing", gather.no_input, silence, waiting, no_match=True)
    for label, keys in KEYS.items():
        no_match = label not in ZERO and label not in offered
        yield Move(label, gather.then, KeysPressed(keys), waiting, no_match)


def _offered_keys(flow: Flow, position: Position) -> frozenset[str]:
    """The labels of the keys that mean something at a position, 0 aside."""
    if position.kind == NodeKind.NODE and position.node == LANGUAGE_MENU:
        return frozenset(str(key) for key, _ in enumerate(flow.languages, start=1))
    if position.kind == NodeKind.NODE and position.node in flow.menus:
        return frozenset(flow.menus[position.node].choices)
    if position.kind == NodeKind.SURVEY:
        return frozenset(survey.MARKS.get(position.node, ""))
    if position.node == callback.NUMBER and position.kind in (NodeKind.WAIT, NodeKind.CALLBACK):
        return frozenset((NUMBER,))
    return frozenset(EXIT_KEYS) if position.kind in (NodeKind.WAIT, NodeKind.CALLBACK) else frozenset()


class _Explorer:
    """The states reached so far, by what makes them the same, and those still to be followed."""

    def __init__(self, respond: Respond, worlds: Sequence[World]) -> None:
        self._respond = respond
        self._worlds = worlds
        self.states: dict[Hashable, State] = {}
        self.frontier: deque[State] = deque()
        self._remembered: dict[tuple[int, str], World] = {}

    def follow(self, state: State | None, move: Move) -> None:
        """Add the states that this move leads to, over all worlds.

        Worlds that answer alike whatever the player asked lead to the same state, and are not tried again.
        """
        tried: list[tuple[Flows, tuple[str, ...], list[object], State]] = []
        seen: set[tuple[int, object]] = set()
        for world in self._worlds:
            target = _end_alike(world, tried)
            if target is None:
                target = self._respond_in(world, state, move)
                queries = tuple(set(world.queries))
                tried.append((world.flows, queries, [world.answers[query] for query in queries], target))
            key = (id(target), _relevant(world, target))
            if state and key not in seen:
                seen.add(key)
                edge = Edge(move.label, world, move.event, move.no_match, bool(move.waiting), state, target)
                state.edges.append(edge)

    def _respond_in(self, world: World, state: State | None, move: Move) -> State:
        path = (*(state.path if state else ()), _describe(move.label, world))
        world.queries.clear()
        if state and isinstance(state.step, LeaveQueue):
            world = self._remembering(world, state.answer.decision.destination)
        try:
            answer = self._respond(world.flows, move.position, move.event, world)
        except Exception as fault:
            raise Stuck(path, f"the player fails ({type(fault).__name__})") from fault
        key = _identity(answer, move.waiting)
        if key not in self.states:
            is_miss = state and move.no_match and not isinstance(answer.step, SAFE)
            misses = state.misses + 1 if state and is_miss else 0
            self.states[key] = State(answer, path, move.waiting, misses)
            self.frontier.append(self.states[key])
        return self.states[key]

    def _remembering(self, world: World, destination: str) -> World:
        key = (id(world), destination)
        if key not in self._remembered:
            self._remembered[key] = replace(world, remembered=destination)
        return self._remembered[key]


def _relevant(world: World, target: State) -> object:
    """What of a world the rules look at in this state; of worlds alike in it one edge will do."""
    match target.step:
        case HangUp():
            return world.caller_known
        case LeaveQueue():
            return world.caller_known if target.answer.decision.promise else None
        case RecordMessage():
            return "operators" in world.broken
        case Enqueue():
            return world.known_staffed
        case _:
            return world.known_staffed if target.waiting else None


def _end_alike(
    world: World, tried: Sequence[tuple[Flows, tuple[str, ...], list[object], State]]
) -> State | None:
    """Where a world tried before led that answers the queries made in it as this one does; None: there is
    none.
    """
    answers = world.answers
    for flows, queries, seen, end in tried:
        if world.flows is flows and [answers[query] for query in queries] == seen:
            return end
    return None


def _describe(label: str, world: World) -> str:
    return f"{label} ({world.title})" if world.title else label


def _identity(answer: Answer, waiting: Enqueue | None) -> Hashable:
    """What makes two answers the same for a caller: all but what only counts documents."""
    step, decision = answer.step, answer.decision
    positions = tuple(POSITION_KEY(getattr(step, name)) for name in POSITIONS.get(type(step), ()))
    fields = (type(step), *(getattr(step, name) for name in OTHER_FIELDS[type(step)]))
    remembered = (decision.destination, decision.promise, bool(decision.call_back))
    return fields, positions, answer.language, remembered, waiting and waiting.queue
