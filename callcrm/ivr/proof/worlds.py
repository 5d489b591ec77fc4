"""Imagined worlds: every fault that the operator rule has to survive, each as a world for the player."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

from callcrm.ivr.flows.hours import ALWAYS, NEVER
from callcrm.ivr.flows.model import Flow, Flows
from callcrm.ivr.steps import Target

SOME_TIME = datetime(2026, 1, 5, 12, tzinfo=UTC)
OPERATOR = Target("+12025550100", screen=True)
AGENT = Target("+12025550101", agent="agent", screen=True)
CALLER = "+12025550102"
# what the player can ask, and the trait of a world that answers
TRAITS = {
    "now": "",
    "operators": "",
    "caller": "caller_known",
    "claim_agent": "agent_free",
    "is_staffed": "staffed",
    "agent_available": "next_in_line",
    "destination": "forgetful",
    "parse_number": "",
}
EVERYTHING = frozenset(TRAITS)


class BrokenWorld(Exception):
    """What an imagined world raises."""


@dataclass(frozen=True)
class World:
    """A context with fixed answers. `broken`: what raises instead; `remembered`: what the ledger has.

    `asked` notes every question, so that worlds which would answer alike need not all be tried.
    """

    title: str
    flows: Flows
    agent_free: bool = False
    staffed: bool = True
    next_in_line: bool = False
    caller_known: bool = True
    forgetful: bool = False
    broken: frozenset[str] = frozenset()
    remembered: str = ""
    queries: list[str] = field(default_factory=list)

    @property
    def known_staffed(self) -> bool:
        """Whether it can be known that somebody serves the queue."""
        return self.staffed and "is_staffed" not in self.broken

    @cached_property
    def answers(self) -> dict[str, object]:
        """How it answers each question, as far as worlds differ."""
        return {
            name: "broken" if name in self.broken else getattr(self, trait) if trait else None
            for name, trait in TRAITS.items()
        }

    def _unless_broken(self, name: str) -> None:
        self.queries.append(name)
        if name in self.broken:
            raise BrokenWorld(name)

    @property
    def now(self) -> datetime:
        """A moment; the flow's hours are imagined too."""
        self._unless_broken("now")
        return SOME_TIME

    @property
    def operators(self) -> tuple[Target, ...]:
        """One human of last resort."""
        self._unless_broken("operators")
        return (OPERATOR,)

    @property
    def caller(self) -> str | None:
        """The caller's number, unless withheld."""
        self._unless_broken("caller")
        return CALLER if self.caller_known else None

    def claim_agent(self, queue: str, language: str) -> Target | None:
        """An agent, if one is free."""
        self._unless_broken("claim_agent")
        return AGENT if self.agent_free else None

    def is_staffed(self, queue: str) -> bool:
        """Whether anybody is signed on."""
        self._unless_broken("is_staffed")
        return self.staffed

    def agent_available(self, queue: str, language: str) -> bool:
        """Whether it looks like this caller's turn."""
        self._unless_broken("agent_available")
        return self.next_in_line

    @property
    def destination(self) -> str:
        """Where the caller is bound for, if the ledger got to know."""
        self._unless_broken("destination")
        return "wait" if self.forgetful else self.destination

    def parse_number(self, keys: str) -> str | None:
        """A number, if enough digits were keyed in."""
        self._unless_broken("parse_number")
        return f"+1{keys}" if len(keys) == 10 and keys.isdigit() else None


def worlds(flows: Flows, flow: Flow) -> list[World]:
    """Every world the flow has to be right in, the best first."""
    opened = _with(flows, replace(flow, default=True, numbers=(), hours=ALWAYS))
    shut = _with(flows, replace(flow, default=True, numbers=(), hours=NEVER))
    well = World("", opened, agent_free=True)
    busy = replace(well, title="everybody is busy", agent_free=False)
    return [
        well,
        busy,
        replace(busy, title="an agent is free, then taken", next_in_line=True),
        replace(busy, title="nobody is signed on", staffed=False),
        replace(busy, title="the caller's number is withheld", caller_known=False),
        replace(busy, title="closed", flows=shut),
        replace(busy, title="closed, nobody is signed on", flows=shut, staffed=False),
        replace(busy, title="what was asked for is forgotten", forgetful=True),
        replace(busy, title="the store is down", broken=EVERYTHING - {"operators", "caller", "now"}),
        *(
            replace(busy, title=f"{name} fails", broken=frozenset((name,)))
            for name in sorted(EVERYTHING - {"operators"})
        ),
        replace(busy, title="the flow is missing", flows=Flows(book=flows.book)),
        # the worlds without operators last: what they excuse shows in the others first
        replace(busy, title="operators fails", broken=frozenset(("operators",))),
        replace(busy, title="everything fails", broken=EVERYTHING),
    ]


def _with(flows: Flows, flow: Flow) -> Flows:
    return Flows({flow.name: flow}, flows.book)
