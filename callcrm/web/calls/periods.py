"""Periods of days: today, the week of the reader's calendar, or between two days."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from callcrm.base.calendars import from_calendar, in_calendar, is_in_range, week_of
from callcrm.base.typed_text import normalized
from callcrm.i18n.locale import Locale

TODAY, BETWEEN, ALL = "today", "between", "all"
DAY = re.compile(r"\s*(\d{4})\s*[-/.٫]\s*(\d{1,2})\s*[-/.٫]\s*(\d{1,2})\s*")
FIRST_GREGORIAN = 1700  # an earlier year is counted by the Jalali calendar, whoever reads it


@dataclass(frozen=True, slots=True)
class Period:
    """The days a list covers: `since` <= time < `until`. `first` and `last` are the days as entered, `fault`
    what is wrong with them.
    """

    name: str
    since: datetime | None
    until: datetime | None
    first: str = ""
    last: str = ""
    fault: str = ""


def choices(locale: Locale) -> list[tuple[str, str]]:
    """The periods to choose from: name and text."""
    return [
        (TODAY, locale._("Today")),
        ("yesterday", locale._("Yesterday")),
        ("week", locale._("This week")),
        ("seven", locale._("Last 7 days")),
        ("thirty", locale._("Last 30 days")),
        (ALL, locale._("All time")),
        (BETWEEN, locale._("Between two days")),
    ]


def parse_period(locale: Locale, query: Mapping[str, str]) -> Period:
    """The period in URL parameters; today if they name none."""
    name, today = query.get("when") or TODAY, locale.today()
    if name == ALL:
        return Period(ALL, None, None)
    if name == BETWEEN:
        return _between(locale, query.get("first", ""), query.get("last", ""))
    days = {
        TODAY: (today, today),
        "yesterday": (today - timedelta(days=1),) * 2,
        "week": (week_of(today, locale.language)[0], today),
        "seven": (today - timedelta(days=6), today),
        "thirty": (today - timedelta(days=29), today),
    }
    name = name if name in days else TODAY
    first, last = days[name]
    return Period(name, _start_of(locale, first), _start_of(locale, last + timedelta(days=1)))


def _between(locale: Locale, first: str, last: str) -> Period:
    try:
        since, until = (_day(text) if normalized(text) else None for text in (first, last))
    except ValueError:
        fault = locale._("Write a day as %(example)s.", example=format_day(locale, locale.today()))
        return Period(BETWEEN, None, None, first, last, fault)
    if since and until and until < since:
        since, until = until, since
    return Period(
        BETWEEN,
        _start_of(locale, since) if since else None,
        _start_of(locale, until + timedelta(days=1)) if until else None,
        format_day(locale, since) if since else "",
        format_day(locale, until) if until else "",
    )


def _day(text: str) -> date:
    match = DAY.fullmatch(normalized(text))
    if match is None:
        raise ValueError(text)
    year, month, day = (int(part) for part in match.groups())
    converted = from_calendar(year, month, day, "fa" if year < FIRST_GREGORIAN else "en")
    if not is_in_range(converted):
        raise ValueError(text)
    return converted


def format_day(locale: Locale, day: date) -> str:
    """A day as it is entered into a field: 2026-11-22, or ۱۴۰۵/۰۹/۰۱."""
    parts = in_calendar(day, locale.language)
    if locale.jalali:
        return locale.digits(f"{parts.year}/{parts.month:02}/{parts.day:02}")
    return day.isoformat()


def _start_of(locale: Locale, day: date) -> datetime:
    return datetime.combine(day, time(), locale.zone)
