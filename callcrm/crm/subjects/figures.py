"""How the kinds of requests change: calls and contacts of each subject, month by month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import case, func, select
from sqlmodel import Session

from callcrm.base.calendars import MONTHS_OF_A_YEAR, from_calendar, in_calendar
from callcrm.crm.subjects.subjects import Subject, Tree
from callcrm.i18n.locale import Locale
from callcrm.models import Call
from callcrm.models.conventions import table_of
from callcrm.models.crm.contact import Contact

CALL, CONTACT = table_of(Call), table_of(Contact)
SOURCES = ((CALL.c.subject, CALL.c.started_at), (CONTACT.c.subject, CONTACT.c.at))


class Month(NamedTuple):
    """A month of the reader's calendar in the business's zone: `first` is its first day, `since` <= time <
    `until` its time.
    """

    first: date
    since: datetime
    until: datetime
    year: int
    month: int


@dataclass(frozen=True, slots=True)
class Row:
    """A subject's requests month by month, with those of its parts; `level` is how deep it stands."""

    code: str
    name: str
    level: int
    counts: Sequence[int]

    @property
    def change(self) -> int:
        """How many more there were in the last month that is over than in the one before it."""
        return self.counts[-2] - self.counts[-3] if len(self.counts) > 2 else 0


def month_of(locale: Locale, day: date, back: int = 0) -> Month:
    """The month of a day in the reader's calendar, or so many before it."""
    here = in_calendar(day, locale.language)
    year, index = divmod(here.year * MONTHS_OF_A_YEAR + here.month - 1 - back, MONTHS_OF_A_YEAR)
    first = from_calendar(year, index + 1, 1, locale.language)
    later, after = divmod(year * MONTHS_OF_A_YEAR + index + 1, MONTHS_OF_A_YEAR)
    end = from_calendar(later, after + 1, 1, locale.language)
    return Month(first, _start(locale, first), _start(locale, end), year, index + 1)


def last_day(month: Month) -> date:
    """The last day of a month."""
    return (month.until - timedelta(hours=12)).date()


def _start(locale: Locale, day: date) -> datetime:
    return datetime.combine(day, time(), locale.zone)


def months(locale: Locale, count: int) -> list[Month]:
    """The last months, the present one at the end."""
    return [month_of(locale, locale.today(), back) for back in reversed(range(count))]


def table(session: Session, tree: Tree, columns: Sequence[Month]) -> list[Row]:
    """The requests of each subject in each month, in the order of the tree; then of those that were removed
    and still have some.
    """
    own = _counts(session, [*tree.names, *tree.removed], columns)
    rows: list[Row] = []
    for subject in tree.subjects:
        _rows_of(subject, 0, own, len(columns), rows)
    removed = (Row(code, name, 0, own[code]) for code, name in tree.removed.items() if code in own)
    return [*rows, *removed]


def _rows_of(
    subject: Subject, level: int, own: Mapping[str, list[int]], width: int, rows: list[Row]
) -> list[int]:
    """Adds the rows of a subject and its parts; returns their counts together."""
    place, counts = len(rows), list(own.get(subject.code, [0] * width))
    for child in subject.children:
        of_child = _rows_of(child, level + 1, own, width, rows)
        counts = [above + theirs for above, theirs in zip(counts, of_child, strict=True)]
    rows.insert(place, Row(subject.code, subject.name, level, counts))
    return counts


def _counts(session: Session, codes: Sequence[str], columns: Sequence[Month]) -> dict[str, list[int]]:
    """By subject: how many calls and contacts in each month; read from the indexes alone."""
    sums: dict[str, list[int]] = {}
    for subject, at in SOURCES if codes else ():
        for code, *counts in session.execute(_statement(subject, at, codes, columns)):
            before = sums.get(code, [0] * len(columns))
            sums[code] = [so_far + more for so_far, more in zip(before, counts, strict=True)]
    return sums


def _statement(subject: Any, at: Any, codes: Sequence[str], columns: Sequence[Month]) -> Any:
    in_months = (
        func.count(case(((at >= month.since) & (at < month.until), 1), else_=None)) for month in columns
    )
    return (
        select(subject, *in_months)
        .where(subject.in_(codes), at >= columns[0].since, at < columns[-1].until)
        .group_by(subject)
    )
