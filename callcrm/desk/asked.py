"""What the list of calls was asked for: filters that may stand in a URL. Words to search for may not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from callcrm.calls.figures import TOO_LONG
from callcrm.calls.search import Wanted
from callcrm.desk import periods
from callcrm.desk.periods import Period
from callcrm.desk.words import Words
from callcrm.models import Direction, Outcome

LOST = "lost"
NAMES = (
    "when",
    "first",
    "last",
    "outcome",
    "agent",
    "queue",
    "direction",
    "language",
    "recorded",
    "tier",
    "waited",
)
LONGEST = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """The period, the filters as they stand in the URL, and the words, which never stand there."""

    period: Period
    filters: Mapping[str, str]
    q: str = ""

    @property
    def query(self) -> dict[str, str]:
        """What stands in the URL."""
        days = {"first": self.period.first, "last": self.period.last}
        when = {} if self.period.name == periods.TODAY else {"when": self.period.name}
        between = days if self.period.name == periods.BETWEEN else {}
        return {name: value for name, value in {**when, **between, **self.filters}.items() if value}

    @property
    def narrowed(self) -> bool:
        """Whether anything but the period was asked for."""
        return bool(self.filters or self.q)

    def path(self, **more: str | None) -> str:
        """The list with these filters changed."""
        query = {**self.query, **more}
        if query.get("when") == periods.TODAY:
            del query["when"]
        told = urlencode({name: value for name, value in query.items() if value})
        return f"/calls?{told}" if told else "/calls"

    @property
    def wanted(self) -> Wanted:
        """What is asked of the store."""
        told = self.filters
        outcome = told.get("outcome")
        return Wanted(
            agent=told.get("agent"),
            queue=told.get("queue"),
            direction=told.get("direction"),
            outcome=None if outcome == LOST else outcome,
            lost=outcome == LOST,
            language=told.get("language"),
            tier=told.get("tier"),
            recorded={"yes": True, "no": False}.get(told.get("recorded", "")),
            waited=TOO_LONG if told.get("waited") else None,
            since=self.period.since,
            until=self.period.until,
            q=self.q or None,
        )


def asked(words: Words, query: Mapping[str, str], q: str = "") -> Asked:
    """What a query asks for; what it says that means nothing is passed over."""
    told = {name: query.get(name, "")[:LONGEST] for name in NAMES}
    checks: dict[str, Sequence[str]] = {
        "outcome": (*Outcome, LOST),
        "direction": tuple(Direction),
        "recorded": ("yes", "no"),
        "waited": ("long",),
    }
    filters = {
        name: value
        for name, value in told.items()
        if value and name not in ("when", "first", "last") and value in checks.get(name, (value,))
    }
    return Asked(periods.asked(words, told), filters, q)


@dataclass(frozen=True, slots=True)
class View:
    """A saved view: a name for filters often wanted."""

    name: str
    path: str
    current: bool
    count: int | None = None


def views(words: Words, now: Asked, lost: int, voicemails: int, waited: int) -> list[View]:
    """The views everybody has, with how many calls of today each shows."""
    given: tuple[tuple[str, dict[str, str], int | None], ...] = (
        (words._("Today"), {}, None),
        (words._("Lost today"), {"outcome": LOST}, lost),
        (words._("Voicemails today"), {"outcome": Outcome.VOICEMAIL}, voicemails),
        (words._("Waited over %(time)s", time=words.duration(TOO_LONG)), {"waited": "long"}, waited),
        (words._("Gold, not answered"), {"when": "thirty", "outcome": LOST, "tier": "gold"}, None),
        (words._("Last 30 days"), {"when": "thirty"}, None),
    )
    bare = replace(now, period=Period(periods.TODAY, None, None), filters={}, q="")
    return [
        View(name, bare.path(**query), not now.q and now.query == query, count)
        for name, query, count in given
    ]
