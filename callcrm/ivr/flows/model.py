"""A flow as frozen dataclasses: what callers hear, and where the keys 1 to 9 lead.

`0`, silence and wrong keys are not here: they lead to the operator in every flow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from callcrm.base.errors import CallcrmError
from callcrm.ivr.flows.hours import ALWAYS, Hours
from callcrm.ivr.flows.prompts import PromptBook

LANGUAGE_MENU = "language"  # the menu every flow with several languages begins with
DEFAULT_RING = 20  # seconds


class FlowFault(CallcrmError):
    """A flow can't be used; `lines` has one line per fault."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class ChoiceKind(StrEnum):
    """What a key can do."""

    QUEUE = "queue"
    MESSAGE = "message"
    MENU = "menu"
    NUMBER = "number"
    VOICEMAIL = "voicemail"
    CALLBACK = "callback"


@dataclass(frozen=True, slots=True)
class Choice:
    """What one key of a menu does: `to` is a queue, a prompt, a menu or a number, by its kind."""

    kind: ChoiceKind
    to: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """A prompt and the keys it offers."""

    say: str
    choices: Mapping[str, Choice]


@dataclass(frozen=True)
class Flow:
    """One flow file. `prompts` are its own ones: key -> language -> text."""

    name: str
    languages: tuple[str, ...]
    main: str
    menus: Mapping[str, Menu]
    greeting: str = ""
    closed: str = ""  # the menu for closed time
    hours: Hours = ALWAYS
    queues: Mapping[str, int] = field(default_factory=dict)  # name -> seconds an agent is rung
    numbers: tuple[str, ...] = ()
    default: bool = False
    prompts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def answers(self) -> bool:
        """Whether any caller comes to this flow."""
        return self.default or bool(self.numbers)

    def ring_seconds(self, queue: str) -> int:
        """How long an agent of this queue is rung."""
        return self.queues.get(queue, DEFAULT_RING)


@dataclass(frozen=True, eq=False)
class Flows:
    """All flows and their prompts, as held in memory. `notes`: what is wrong but breaks no call."""

    flows: Mapping[str, Flow] = field(default_factory=dict)
    book: PromptBook = field(default_factory=PromptBook)
    notes: tuple[str, ...] = ()

    def get(self, name: str) -> Flow | None:
        """The flow of this name."""
        return self.flows.get(name)

    def for_number(self, number: str | None) -> Flow | None:
        """The flow that answers this number of ours, or the one for the rest."""
        own = (flow for flow in self.flows.values() if number and number in flow.numbers)
        default = (flow for flow in self.flows.values() if flow.default)
        return next(own, None) or next(default, None)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers that flows name as theirs."""
        return tuple(number for flow in self.flows.values() for number in flow.numbers)

    @property
    def queues(self) -> tuple[str, ...]:
        """The names of all queues, sorted."""
        return tuple(sorted({queue for flow in self.flows.values() for queue in flow.queues}))
