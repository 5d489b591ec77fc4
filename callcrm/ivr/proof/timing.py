"""How long silence and wrong keys take to lead to a human, at worst."""

from dataclasses import dataclass
from math import inf

from callcrm.ivr.flows.prompts import PromptBook
from callcrm.ivr.proof.state_space import SAFE, Edge, State
from callcrm.ivr.steps import Enqueue, Gather, NodeKind, Prompt, RecordMessage, Ring

DOCUMENT = 0.5  # seconds to fetch a document and begin it
PADDING = 5  # seconds the carrier adds to the time it rings
SCREENING = 4.5  # seconds beyond its prompt that a screened phone has to press 1


@dataclass(frozen=True, slots=True)
class Worst:
    """From a state on: seconds to a human, seconds to the voicemail behind an operator who does not answer,
    how often the question asked here is asked, and the keys of the slowest way."""

    human: float = 0
    message: float = -inf
    prompted: int = 0
    keys: tuple[str, ...] = ()


class HumanClock:
    """Times states, with the prompts as they are and as they are without audio: the slower counts."""

    def __init__(self, book: PromptBook) -> None:
        self._books = (book, book.without_audio())
        self._known: dict[State, Worst] = {}
        self._on_the_way: set[State] = set()

    def worst(self, state: State) -> Worst:
        """The slowest way from here by silence and wrong keys alone."""
        if state not in self._known:
            if state in self._on_the_way:
                return Worst(human=inf, prompted=99)
            self._on_the_way.add(state)
            self._known[state] = self._safe(state) if isinstance(state.step, SAFE) else self._on(state)
            self._on_the_way.discard(state)
        return self._known[state]

    def turn(self, state: State) -> float:
        """How long a question and the wait for a key take."""
        step = state.step
        if isinstance(step, Gather):
            return self._said(step.say, state.answer.language) + step.timeout + DOCUMENT
        return DOCUMENT

    def _said(self, say: tuple[Prompt, ...], language: str) -> float:
        return max(book.seconds(say, language) for book in self._books)

    def _safe(self, state: State) -> Worst:
        match state.step:
            case Ring(say=say, then=then, seconds=seconds, targets=targets):
                said = self._said(say, state.answer.language)
                if then.kind != NodeKind.OPERATOR:
                    return Worst(human=said)
                screened = any(target.screen for target in targets)
                asked = self._said((Prompt("screen"),), state.answer.language) + SCREENING if screened else 0
                return Worst(human=said, message=said + seconds + PADDING + asked + DOCUMENT)
            case RecordMessage():
                return Worst(message=0)
            case Enqueue(say=say):
                return Worst(human=self._said(say, state.answer.language))
            case _:
                return Worst()

    def _on(self, state: State) -> Worst:
        ways = [
            (edge, self.worst(edge.target)) for edge in state.edges if edge.no_match and not waits_well(edge)
        ]
        if not ways:
            served = any(waits_well(edge) for edge in state.edges)
            return Worst() if served else Worst(human=inf)
        here = self.turn(state)
        edge, slowest = max(ways, key=lambda way: way[1].human)
        again = [worst.prompted for edge, worst in ways if question(edge.target) == question(state)]
        return Worst(
            human=here + slowest.human,
            message=here + max(worst.message for _, worst in ways),
            prompted=1 + max(again, default=0),
            keys=(edge.description, *slowest.keys),
        )


def question(state: State) -> tuple[object, ...]:
    """What is asked here; the same for a repeat."""
    step = state.step
    if isinstance(step, Gather) and step.then.kind != NodeKind.WAIT:
        return step.then.kind, step.then.node, step.then.queue
    return (state,)


def waits_well(edge: Edge) -> bool:
    """Whether the caller goes on waiting where somebody is known to serve the queue."""
    return (
        isinstance(edge.target.step, Gather) and edge.target.waiting is not None and edge.world.known_staffed
    )
