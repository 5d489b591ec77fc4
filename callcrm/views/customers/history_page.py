"""A customer's history as their page shows it: by day, each entry in words with its notes and recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, func, true
from sqlalchemy import select as core_select
from sqlmodel import Session, col

from callcrm.agents.principal import Principal
from callcrm.base.paging import Cursor, cut_page
from callcrm.crm.noun import HistoryEntry, HistoryKind, Reader, Text
from callcrm.i18n.locale import Locale
from callcrm.models import Call, Outcome, Recording
from callcrm.views.customers.core_history_kinds import WRITTEN
from callcrm.views.customers.history import HistoryRow, by_kind, history, with_core

MOST = 30
LONGEST = 200  # of what is drawn anew because something happened
ALL = "all"
_RECORDED = exists().where(col(Recording.call_id) == col(Call.id), col(Recording.kind) == "call")


@dataclass(frozen=True, slots=True)
class View:
    """A list of the history that the page offers: some kinds of entries, and of these only some rows."""

    title: Text
    kinds: tuple[HistoryKind, ...]
    only: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Day:
    """The entries of a day; `goes_on`: its first ones are on the page before."""

    date: date
    goes_on: bool
    entries: list[HistoryEntry]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of a history, and the cursor of the next."""

    days: list[Day]
    older: str | None


def views(nouns: Sequence[HistoryKind]) -> dict[str, View]:
    """The lists that the page offers, by name: everything, one for each kind, and some of calls."""
    kinds = {kind.name: kind for kind in with_core(nouns)}
    calls = (kinds["call"],)
    drawn = tuple(kind for kind in kinds.values() if kind.name != "recording")
    only = {kind.name: kind.in_all for kind in drawn if kind.in_all is not None}
    core: dict[str, View] = {
        ALL: View(lambda locale: locale._("All"), drawn, only),
        "calls": View(lambda locale: locale._("Calls"), calls),
        "notes": View(lambda locale: locale._("Notes"), (kinds["note"],), {"note": WRITTEN}),
        "recordings": View(lambda locale: locale._("Recordings"), calls, {"call": _RECORDED}),
        "voicemails": View(
            lambda locale: locale._("Voicemails"), calls, {"call": col(Call.outcome) == Outcome.VOICEMAIL}
        ),
        "messages": View(lambda locale: locale._("Messages"), (kinds["message"],)),
    }
    return core | {f"{kind.name}s": View(kind.title, (kind,)) for kind in nouns}


def counts(session: Session, customer_id: str, lists: Mapping[str, View], user: Principal) -> dict[str, int]:
    """How many entries each list has for this user; in one statement."""
    columns = [
        core_select(func.count(kind.source.id))
        .where(kind.source.customer == customer_id, kind.visible(user), view.only.get(kind.name, true()))
        .scalar_subquery()
        for view in lists.values()
        for kind in view.kinds
    ]
    counted = iter(session.execute(core_select(*columns)).one())
    return {name: sum(next(counted) for _ in view.kinds) for name, view in lists.items()}


def without_empty(view: View, counted: Mapping[str, int]) -> View:
    """The list without the kinds of which there is no entry, so that none of them is looked for."""
    return replace(view, kinds=tuple(kind for kind in view.kinds if counted.get(f"{kind.name}s") != 0))


def load(
    session: Session,
    reader: Reader,
    customer_id: str,
    view: View,
    after: tuple[datetime, str] | None,
    down: tuple[datetime, str] | None = None,
) -> HistoryPage:
    """A page of a customer's history; with `down`, everything from the newest to that place."""
    limit = MOST if down is None else LONGEST
    entries = history(
        session,
        customer_id,
        view.kinds,
        reader.user,
        since=down[0] if down else None,
        after=after,
        limit=limit + 1,
        only=view.only,
    )
    page, older = cut_page(entries, limit, lambda entry: Cursor(entry.at, entry.place))
    page = _as_far_as(page, down)
    drawn = by_kind(page, lambda kind, rows: kind.entries(session, reader, rows))
    for entry in page:
        drawn[entry.place].at = entry.at
    return HistoryPage(_days(reader.locale, [drawn[entry.place] for entry in page], after), older)


def _as_far_as(page: list[HistoryRow], down: tuple[datetime, str] | None) -> list[HistoryRow]:
    """The entries without those of the same moment behind the place."""
    places = [entry.place for entry in page]
    return page[: places.index(down[1]) + 1] if down and down[1] in places else page


def _days(locale: Locale, entries: Sequence[HistoryEntry], after: tuple[datetime, str] | None) -> list[Day]:
    days: list[Day] = []
    last = locale.local(after[0]).date() if after else None
    for entry in entries:
        assert entry.at is not None, "every entry has the time of its row"
        today = locale.local(entry.at).date()
        if not days or days[-1].date != today:
            days.append(Day(today, today == last, []))
        days[-1].entries.append(entry)
    return days
