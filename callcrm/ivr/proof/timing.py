"""How long silence and wrong keys take to lead to a human, at worst."""

from dataclasses import dataclass
from math import inf

from callcrm.ivr.flows.prompts import PromptBook
from callcrm.ivr.proof.state_space import SAFE, Edge, State
from callcrm.ivr.steps import Enqueue, Gather, NodeKind, Prompt, RecordMessage, Ring

DOCUMENT_SECONDS = 0.5  # to fetch a document and begin it
RING_PADDING = 5  # seconds the carrier adds to the timeout of a Dial
SCREENING_SECONDS = 4.5  # beyond its prompt that a screened phone has to press 1
ENDLESS = 99  # attempts, where a question is repeated for ever


@dataclass(frozen=True, slots=True)
class SlowestWay:
    """From a state on: seconds to a human, seconds to the voicemail behind an operator who does not answer,
    how often the question put here is put, and the keys of the slowest way."""

    human: float = 0
    message: float = -inf
    attempts: int = 0
    keys: tuple[str, ...] = ()


class Timing:
    """Times states, with the prompts as they are and as they are without audio: the slower counts."""

    def __init__(self, book: PromptBook) -> None:
        self._books = (book, book.without_audio())
        self._cache: dict[State, SlowestWay] = {}
        self._on_path: set[State] = set()

    def slowest_way(self, state: State) -> SlowestWay:
        """The slowest way from here by silence and wrong keys alone; a loop takes for ever."""
        if state not in self._cache:
            if state in self._on_path:
                return SlowestWay(human=inf, attempts=ENDLESS)
            self._on_path.add(state)
            is_safe = isinstance(state.step, SAFE)
            self._cache[state] = self._from_safe(state) if is_safe else self._from_question(state)
            self._on_path.discard(state)
        return self._cache[state]

    def question_seconds(self, state: State) -> float:
        """How long a question and the wait for a key take."""
        step = state.step
        if isinstance(step, Gather):
            return self._prompt_seconds(step.say, state.answer.language) + step.timeout + DOCUMENT_SECONDS
        return DOCUMENT_SECONDS

    def _prompt_seconds(self, say: tuple[Prompt, ...], language: str) -> float:
        return max(book.seconds(say, language) for book in self._books)

    def _from_safe(self, state: State) -> SlowestWay:
        language = state.answer.language
        match state.step:
            case Ring(say=say, then=then, seconds=seconds, targets=targets):
                prompt = self._prompt_seconds(say, language)
                if then.kind != NodeKind.OPERATOR:
                    return SlowestWay(human=prompt)
                screening = 0.0
                if any(target.screen for target in targets):
                    screening = self._prompt_seconds((Prompt("screen"),), language) + SCREENING_SECONDS
                message = prompt + seconds + RING_PADDING + screening + DOCUMENT_SECONDS
                return SlowestWay(human=prompt, message=message)
            case RecordMessage():
                return SlowestWay(message=0)
            case Enqueue(say=say):
                return SlowestWay(human=self._prompt_seconds(say, language))
            case _:
                return SlowestWay()

    def _from_question(self, state: State) -> SlowestWay:
        ways = [
            (edge, self.slowest_way(edge.target))
            for edge in state.edges
            if edge.no_match and not waits_where_staffed(edge)
        ]
        if not ways:
            is_served = any(waits_where_staffed(edge) for edge in state.edges)
            return SlowestWay() if is_served else SlowestWay(human=inf)
        here = self.question_seconds(state)
        edge, slowest = max(ways, key=lambda way: way[1].human)
        repeats = [way.attempts for edge, way in ways if question(edge.target) == question(state)]
        return SlowestWay(
            human=here + slowest.human,
            message=here + max(way.message for _, way in ways),
            attempts=1 + max(repeats, default=0),
            keys=(edge.description, *slowest.keys),
        )


def question(state: State) -> tuple[object, ...]:
    """What identifies the question put in a state; a repeat has the same."""
    step = state.step
    if isinstance(step, Gather) and step.then.kind != NodeKind.WAIT:
        return step.then.kind, step.then.node, step.then.queue
    return (state,)


def waits_where_staffed(edge: Edge) -> bool:
    """Whether the caller goes on waiting where somebody is known to serve the queue."""
    is_waiting = isinstance(edge.target.step, Gather) and edge.target.waiting is not None
    return is_waiting and edge.world.known_staffed
