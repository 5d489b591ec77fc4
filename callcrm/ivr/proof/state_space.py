"""Walking a flow: every answer that can be reached, by every input, in every imagined world."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter

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

MOST_STATES = 3000
MOST_HOPS = 6  # of silence and wrong keys in a row; a good flow has fewer

NUMBER = "a telephone number"
KEYS = {
    **{key: key for key in "0123456789*#"},
    "00": "00",
    "an empty input": "",
    "something misheard": "sales, please",
    "20 digits": "12345678901234567890",
    NUMBER: "2025550102",
}
ZERO = frozenset(("0", "00"))
EXITS = ("1", "2")  # of a queue and of a callback's confirmation, beside 0
SAFE = (Ring, RecordMessage, HangUp, Enqueue)
WHERE = attrgetter("kind", "flow", "node", "queue", "language", "tries", "rings", "announced")
PLACES = {Gather: ("then", "no_input"), Ring: ("then",), Enqueue: ("wait", "then"), RecordMessage: ("then",)}
REST: dict[type[Step], tuple[str, ...]] = {
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
    """One input in one world, and the state it leads to. `waiting`: it event in from the waiting loop."""

    label: str
    world: World
    input: FlowEvent
    no_match: bool
    waiting: bool
    target: State

    @property
    def description(self) -> str:
        """The input in words, with the world if all is not well in it."""
        return f"{self.label} ({self.world.title})" if self.world.title else self.label


class Stuck(Exception):
    """The player raises, or its states have no end: `path` says where."""

    def __init__(self, path: Sequence[str], what: str) -> None:
        super().__init__(what)
        self.path = tuple(path)


def explore(flow: Flow, worlds: Sequence[World], respond: Respond) -> list[State]:
    """Every state of the flow, by the length of the way there; Stuck if there is no end of them."""
    walker = _Walker(respond, worlds)
    walker.reach(None, Move("start", Position(NodeKind.START), CallArrived()))
    while walker.open:
        state = walker.open.popleft()
        if len(walker.states) > MOST_STATES:
            raise Stuck(state.path, "there is no end of states")
        if state.misses <= MOST_HOPS:
            for move in moves(flow, state):
                walker.reach(state, move)
    return list(walker.states.values())


@dataclass(frozen=True, slots=True)
class Move:
    """One input, and the place it comes in at. `missed`: silence, or a key that means nothing here."""

    label: str
    position: Position
    input: FlowEvent
    waiting: Enqueue | None = None
    no_match: bool = False


def moves(flow: Flow, state: State) -> Iterator[Move]:
    """Everything that can come in at a state."""
    match state.step:
        case Gather() as ask:
            yield from _keys(ask, _offered(flow, ask.then), state.waiting)
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


def _keys(ask: Gather, offered: frozenset[str], waiting: Enqueue | None) -> Iterator[Move]:
    silence: FlowEvent = QueueTurn(position=3, waited=30) if waiting else NoInput()
    yield Move("nothing", ask.no_input, silence, waiting, no_match=True)
    for word, keys in KEYS.items():
        yield Move(
            word, ask.then, KeysPressed(keys), waiting, no_match=word not in ZERO and word not in offered
        )


def _offered(flow: Flow, position: Position) -> frozenset[str]:
    if position.kind == NodeKind.NODE and position.node == LANGUAGE_MENU:
        return frozenset(str(key) for key, _ in enumerate(flow.languages, start=1))
    if position.kind == NodeKind.NODE and position.node in flow.menus:
        return frozenset(flow.menus[position.node].choices)
    if position.kind == NodeKind.CALLBACK and position.node == "number":
        return frozenset((NUMBER,))
    return frozenset(EXITS) if position.kind in (NodeKind.WAIT, NodeKind.CALLBACK) else frozenset()


class _Walker:
    def __init__(self, respond: Respond, worlds: Sequence[World]) -> None:
        self._respond = respond
        self._worlds = worlds
        self.states: dict[Hashable, State] = {}
        self.open: deque[State] = deque()

    def reach(self, state: State | None, move: Move) -> None:
        """The states that this input leads to, over all worlds."""
        tried: list[tuple[World, list[str], State]] = []
        seen: set[tuple[int, object]] = set()
        for world in self._worlds:
            there = next((there for other, asked, there in tried if _alike(world, other, asked)), None)
            if there is None:
                there = self._state(state, move, world)
                tried.append((world, [*world.queries], there))
            about = _matters(world, there)
            if state and (id(there), about) not in seen:
                seen.add((id(there), about))
                state.edges.append(
                    Edge(move.label, world, move.input, move.no_match, bool(move.waiting), there)
                )

    def _state(self, state: State | None, move: Move, world: World) -> State:
        path = (*(state.path if state else ()), _words(move.label, world))
        world.queries.clear()
        if state and isinstance(state.step, LeaveQueue):
            world = replace(world, remembered=state.answer.decision.destination)
        try:
            answer = self._respond(world.flows, move.position, move.input, world)
        except Exception as fault:
            raise Stuck(path, f"the player fails ({type(fault).__name__})") from fault
        key = _identity(answer, move.waiting)
        if key not in self.states:
            hops = state.misses + 1 if state and move.no_match and not isinstance(answer.step, SAFE) else 0
            self.states[key] = State(answer, path, move.waiting, hops)
            self.open.append(self.states[key])
        return self.states[key]


def _matters(world: World, there: State) -> object:
    """What decides whether it is right to be there in this world; of worlds that agree the first will do."""
    match there.step:
        case HangUp():
            return world.caller_known
        case RecordMessage():
            return "operators" in world.broken
        case Enqueue():
            return world.known_staffed
        case _:
            return world.known_staffed if there.waiting else None


def _alike(world: World, other: World, asked: Sequence[str]) -> bool:
    """Whether the two worlds answer alike all that was asked of the other."""
    return world.flows is other.flows and all(world.answers[name] == other.answers[name] for name in asked)


def _words(word: str, world: World) -> str:
    return f"{word} ({world.title})" if world.title else word


def _identity(answer: Answer, waiting: Enqueue | None) -> Hashable:
    """What makes two answers the same for a caller: all but what only counts documents."""
    step, decision = answer.step, answer.decision
    places = tuple(WHERE(getattr(step, name)) for name in PLACES.get(type(step), ()))
    said = (type(step), *(getattr(step, name) for name in REST[type(step)]))
    remembered = (decision.destination, decision.promise, bool(decision.call_back))
    return said, places, answer.language, remembered, waiting and waiting.queue
