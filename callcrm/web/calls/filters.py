"""What the list of calls was asked for: filters that may stand in a URL. Words to search for may not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from callcrm.calls.search import CallQuery
from callcrm.i18n.locale import Locale
from callcrm.models import Direction, Outcome
from callcrm.reports.call_counts import TOO_LONG
from callcrm.web.calls import periods
from callcrm.web.calls.periods import Period

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
class CallFilters:
    """The period, the filters' values as they stand in the URL, and the words, which never stand there."""

    period: Period
    values: Mapping[str, str]
    q: str = ""

    @property
    def query(self) -> dict[str, str]:
        """What stands in the URL."""
        days = {"first": self.period.first, "last": self.period.last}
        when = {} if self.period.name == periods.TODAY else {"when": self.period.name}
        between = days if self.period.name == periods.BETWEEN else {}
        return {name: value for name, value in {**when, **between, **self.values}.items() if value}

    @property
    def narrowed(self) -> bool:
        """Whether anything but the period was asked for."""
        return bool(self.values or self.q)

    def path(self, **more: str | None) -> str:
        """The list with these filters changed."""
        query = {**self.query, **more}
        if query.get("when") == periods.TODAY:
            del query["when"]
        told = urlencode({name: value for name, value in query.items() if value})
        return f"/calls?{told}" if told else "/calls"

    @property
    def wanted(self) -> CallQuery:
        """What is asked of the store."""
        told = self.values
        outcome = told.get("outcome")
        return CallQuery(
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


def asked(locale: Locale, query: Mapping[str, str], q: str = "") -> CallFilters:
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
    return CallFilters(periods.asked(locale, told), filters, q)


@dataclass(frozen=True, slots=True)
class View:
    """A saved view: a name for filters often wanted."""

    name: str
    path: str
    current: bool
    count: int | None = None


def views(locale: Locale, now: CallFilters, lost: int, voicemails: int, waited: int) -> list[View]:
    """The views everybody has, with how many calls of today each shows."""
    given: tuple[tuple[str, dict[str, str], int | None], ...] = (
        (locale._("Today"), {}, None),
        (locale._("Lost today"), {"outcome": LOST}, lost),
        (locale._("Voicemails today"), {"outcome": Outcome.VOICEMAIL}, voicemails),
        (locale._("Waited over %(time)s", time=locale.duration(TOO_LONG)), {"waited": "long"}, waited),
        (locale._("Gold, not answered"), {"when": "thirty", "outcome": LOST, "tier": "gold"}, None),
        (locale._("Last 30 days"), {"when": "thirty"}, None),
    )
    bare = replace(now, period=Period(periods.TODAY, None, None), values={}, q="")
    return [
        View(name, bare.path(**query), not now.q and now.query == query, count)
        for name, query, count in given
    ]
