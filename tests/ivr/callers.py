"""A context to play flows in, and a caller."""

from datetime import UTC, datetime

from callcrm.ivr import player
from callcrm.ivr.flows.loader import Flows
from callcrm.ivr.steps import (
    Answer,
    CallArrived,
    Enqueue,
    FlowEvent,
    Gather,
    KeysPressed,
    LeaveQueue,
    NodeKind,
    Position,
    Target,
)

OPERATOR = Target("+12025550100", screen=True)
CALLER = "+12025550123"


class FakeContext:
    """The context of one call: who is signed on, who is free, and whether the store answers."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 12, tzinfo=UTC)
        self.operators: tuple[Target, ...] = (OPERATOR,)
        self.caller: str | None = CALLER
        self.destination = ""
        self.survey_due = ""
        self.free_agents: list[Target] = []
        self.staffed = True
        self.next_in_line = False
        self.store_is_down = False
        self.is_restricted = False

    @property
    def survey(self) -> str:
        self._read_store()
        return self.survey_due

    def queue_for(self, queue: str) -> str:
        self._read_store()
        return queue

    def claim_agent(self, queue: str, language: str) -> Target | None:
        self._read_store()
        return self.free_agents.pop(0) if self.free_agents else None

    def is_staffed(self, queue: str) -> bool:
        self._read_store()
        return self.staffed

    def agent_available(self, queue: str, language: str) -> bool:
        self._read_store()
        return self.next_in_line

    def parse_number(self, keys: str) -> str | None:
        return f"+1{keys}" if len(keys) == 10 else None

    def _read_store(self) -> None:
        if self.store_is_down:
            raise ConnectionError


class Caller:
    """Somebody on the line: what they do, and what they get."""

    def __init__(self, flows: Flows, context: FakeContext) -> None:
        self.flows = flows
        self.context = context
        self.answers: list[Answer] = []
        self.enqueue: Enqueue | None = None

    @property
    def answer(self) -> Answer:
        return self.answers[-1]

    def get(self, position: Position, event: FlowEvent) -> Answer:
        self.answers.append(player.respond(self.flows, position, event, self.context))
        if isinstance(self.answer.step, Enqueue):
            self.enqueue = self.answer.step
        return self.answer

    def dials(self, number: str | None = None) -> Answer:
        return self.get(Position(NodeKind.START), CallArrived(number))

    def presses(self, *keys: str) -> Answer:
        for key in keys:
            assert isinstance(self.answer.step, Gather)
            self.get(self.answer.step.then, KeysPressed(key))
        return self.answer

    def goes_on(self, event: FlowEvent) -> Answer:
        """Whatever comes back from a ring, a message or a question nobody answered."""
        step = self.answer.step
        assert not isinstance(step, Enqueue | LeaveQueue)
        assert hasattr(step, "then")
        return self.get(step.then, event)
