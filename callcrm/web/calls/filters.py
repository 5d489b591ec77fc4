"""The filters of the list of calls, from and to a URL. Search words are never in one: they may be names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from callcrm.calls.search import CallQuery
from callcrm.i18n.locale import Locale
from callcrm.models import LONG_WAIT, Direction, Outcome
from callcrm.web.calls import periods
from callcrm.web.calls.periods import Period
from callcrm.web.page import Page

LOST = "lost"
PARAMETERS = (
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
    "subject",
)
MAX_LENGTH = 64


@dataclass(frozen=True, slots=True)
class CallFilters:
    """The period, the other filters' values as in the URL, and the search words."""

    period: Period
    values: Mapping[str, str]
    q: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the URL."""
        days = {"first": self.period.first, "last": self.period.last}
        when = {} if self.period.name == periods.TODAY else {"when": self.period.name}
        between = days if self.period.name == periods.BETWEEN else {}
        return {name: value for name, value in {**when, **between, **self.values}.items() if value}

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter but the period is set."""
        return bool(self.values or self.q)

    def path(self, **more: str | None) -> str:
        """The URL of the list with these filters changed."""
        query = {**self.query, **more}
        if query.get("when") == periods.TODAY:
            del query["when"]
        params = urlencode({name: value for name, value in query.items() if value})
        return f"/calls?{params}" if params else "/calls"

    @property
    def call_query(self) -> CallQuery:
        """The filters as a query of calls."""
        params = self.values
        outcome = params.get("outcome")
        return CallQuery(
            agent=params.get("agent"),
            queue=params.get("queue"),
            direction=params.get("direction"),
            outcome=None if outcome == LOST else outcome,
            lost=outcome == LOST,
            language=params.get("language"),
            tier=params.get("tier"),
            recorded={"yes": True, "no": False}.get(params.get("recorded", "")),
            waited=LONG_WAIT if params.get("waited") else None,
            since=self.period.since,
            until=self.period.until,
            q=self.q or None,
        )


def parse_filters(locale: Locale, query: Mapping[str, str], q: str = "") -> CallFilters:
    """The filters in URL parameters; unknown names and values are ignored."""
    params = {name: query.get(name, "")[:MAX_LENGTH] for name in PARAMETERS}
    checks: dict[str, Sequence[str]] = {
        "outcome": (*Outcome, LOST),
        "direction": tuple(Direction),
        "recorded": ("yes", "no"),
        "waited": ("long",),
    }
    filters = {
        name: value
        for name, value in params.items()
        if value and name not in ("when", "first", "last") and value in checks.get(name, (value,))
    }
    return CallFilters(periods.parse_period(locale, params), filters, q)


@dataclass(frozen=True, slots=True)
class SavedView:
    """A named combination of filters; `current` if it is the one in use."""

    name: str
    path: str
    current: bool
    count: int | None = None


def saved_views(page: Page, current: CallFilters, lost: int, voicemails: int, waited: int) -> list[SavedView]:
    """The views that every user has, some with their count of today."""
    locale = page.locale
    presets: tuple[tuple[str, dict[str, str], int | None], ...] = (
        (locale._("Today"), {}, None),
        (locale._("Lost today"), {"outcome": LOST}, lost),
        (locale._("Voicemails today"), {"outcome": Outcome.VOICEMAIL}, voicemails),
        (locale._("Waited over %(time)s", time=locale.duration(LONG_WAIT)), {"waited": "long"}, waited),
        *(
            (
                locale._("%(tier)s, not answered", tier=name),
                {"when": "thirty", "outcome": LOST, "tier": code},
                None,
            )
            for code, name in page.tier_options()[:1]
        ),
        (locale._("Last 30 days"), {"when": "thirty"}, None),
    )
    unfiltered = replace(current, period=Period(periods.TODAY, None, None), values={}, q="")
    return [
        SavedView(name, unfiltered.path(**query), not current.q and current.query == query, count)
        for name, query, count in presets
    ]
