"""Worlds: every fault that the operator rule has to survive, each as a context for the player."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

from callcrm.ivr import survey
from callcrm.ivr.flows.hours import ALWAYS, NEVER
from callcrm.ivr.flows.model import Flow, Flows
from callcrm.ivr.steps import Target

SOME_TIME = datetime(2026, 1, 5, 12, tzinfo=UTC)
OPERATOR = Target("+12025550100", screen=True)
AGENT = Target("+12025550101", agent="agent", screen=True)
CALLER = "+12025550102"
# Each query of FlowContext, and the field of a world that decides the answer.
DECIDED_BY = {
    "now": "",
    "operators": "",
    "caller": "caller_known",
    "queue_for": "",
    "claim_agent": "agent_free",
    "is_staffed": "staffed",
    "agent_available": "next_in_line",
    "is_restricted": "restricted",
    "destination": "forgetful",
    "parse_number": "",
    "survey": "survey_due",
}
ALL_QUERIES = frozenset(DECIDED_BY)


class BrokenWorld(Exception):
    """What a world raises for a query that is broken in it."""


@dataclass(frozen=True)
class World:
    """A context with fixed answers. `broken`: the queries that raise; `remembered`: what the ledger has.

    `queries` records what was asked, so that worlds which would answer alike need not all be tried.
    """

    title: str
    flows: Flows
    agent_free: bool = False
    staffed: bool = True
    next_in_line: bool = False
    caller_known: bool = True
    forgetful: bool = False
    restricted: bool = False
    survey_due: str = ""
    broken: frozenset[str] = frozenset()
    remembered: str = ""
    queries: list[str] = field(default_factory=list)

    @property
    def known_staffed(self) -> bool:
        """Whether the player can know that somebody serves the queue."""
        return self.staffed and "is_staffed" not in self.broken

    @cached_property
    def answers(self) -> dict[str, object]:
        """The answer to each query, as far as worlds differ in it."""
        return {
            query: "broken" if query in self.broken else getattr(self, name) if name else None
            for query, name in DECIDED_BY.items()
        }

    def _query(self, name: str) -> None:
        """Records the query, and raises if it is broken."""
        self.queries.append(name)
        if name in self.broken:
            raise BrokenWorld(name)

    @property
    def now(self) -> datetime:
        """A moment; whether it is within opening hours is decided by the flow, which each world replaces."""
        self._query("now")
        return SOME_TIME

    @property
    def operators(self) -> tuple[Target, ...]:
        """One human of last resort."""
        self._query("operators")
        return (OPERATOR,)

    @property
    def caller(self) -> str | None:
        """The caller's number, unless withheld."""
        self._query("caller")
        return CALLER if self.caller_known else None

    def queue_for(self, queue: str) -> str:
        """The queue that was chosen: one of a caller's own is treated as any other."""
        self._query("queue_for")
        return queue

    def claim_agent(self, queue: str, language: str) -> Target | None:
        """An agent, if one is free."""
        self._query("claim_agent")
        return AGENT if self.agent_free else None

    def is_staffed(self, queue: str) -> bool:
        """Whether anybody is signed on."""
        self._query("is_staffed")
        return self.staffed

    def agent_available(self, queue: str, language: str) -> bool:
        """Whether it looks like this caller's turn."""
        self._query("agent_available")
        return self.next_in_line

    @property
    def is_restricted(self) -> bool:
        """Whether the caller may speak with one agent alone."""
        self._query("is_restricted")
        return self.restricted

    @property
    def destination(self) -> str:
        """Where the caller goes from the queue, if the ledger got to know."""
        self._query("destination")
        return "wait" if self.forgetful else self.remembered

    @property
    def survey(self) -> str:
        """The question to put after a conversation."""
        self._query("survey")
        return self.survey_due

    def parse_number(self, keys: str) -> str | None:
        """A number, if enough digits were keyed in."""
        self._query("parse_number")
        return f"+1{keys}" if len(keys) == 10 and keys.isdigit() else None


def worlds(flows: Flows, flow: Flow) -> list[World]:
    """Every world the flow has to be right in, the best first."""
    opened = _with_flow(flows, replace(flow, default=True, numbers=(), hours=ALWAYS))
    closed = _with_flow(flows, replace(flow, default=True, numbers=(), hours=NEVER))
    healthy = World("", opened, agent_free=True)
    busy = replace(healthy, title="everybody is busy", agent_free=False)
    return [
        healthy,
        busy,
        replace(busy, title="an agent is free, then taken", next_in_line=True),
        replace(busy, title="nobody is signed on", staffed=False),
        replace(busy, title="the caller's number is withheld", caller_known=False),
        replace(healthy, title="one agent alone may be rung", restricted=True),
        replace(busy, title="one agent alone may be rung, who is not there", staffed=False, restricted=True),
        replace(busy, title="closed", flows=closed),
        replace(busy, title="closed, nobody is signed on", flows=closed, staffed=False),
        replace(busy, title="what was asked for is forgotten", forgetful=True),
        *(replace(healthy, title=f"a mark is due ({kind})", survey_due=kind) for kind in survey.MARKS),
        replace(busy, title="the store is down", broken=ALL_QUERIES - {"operators", "caller", "now"}),
        *(
            replace(busy, title=f"{query} fails", broken=frozenset((query,)))
            for query in sorted(ALL_QUERIES - {"operators"})
        ),
        replace(busy, title="the flow is missing", flows=Flows(book=flows.book)),
        # the worlds without operators last: what they excuse shows in the others first
        replace(busy, title="operators fails", broken=frozenset(("operators",))),
        replace(busy, title="everything fails", broken=ALL_QUERIES),
    ]


def _with_flow(flows: Flows, flow: Flow) -> Flows:
    return Flows({flow.name: flow}, flows.book)
