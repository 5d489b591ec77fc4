"""Which days a list is about: today, the week as this language counts it, or from one day to another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from callcrm.base.calendars import from_calendar, in_calendar, week_of
from callcrm.i18n.locale import Locale

TODAY, BETWEEN, ALL = "today", "between", "all"
DAY = re.compile(r"\s*(\d{4})\s*[-/.٫]\s*(\d{1,2})\s*[-/.٫]\s*(\d{1,2})\s*")  # \d: the digits of every script
FIRST_GREGORIAN = 1700  # an earlier year is counted by the Jalali calendar, whoever reads it


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` on and before `until`; `first` and `last` as they were written, `fault` what is wrong."""

    name: str
    since: datetime | None
    until: datetime | None
    first: str = ""
    last: str = ""
    fault: str = ""


def choices(locale: Locale) -> list[tuple[str, str]]:
    """What is offered."""
    return [
        (TODAY, locale._("Today")),
        ("yesterday", locale._("Yesterday")),
        ("week", locale._("This week")),
        ("seven", locale._("Last 7 days")),
        ("thirty", locale._("Last 30 days")),
        (ALL, locale._("All time")),
        (BETWEEN, locale._("Between two days")),
    ]


def asked(locale: Locale, query: Mapping[str, str]) -> Period:
    """The period a page was asked for; today if it does not say."""
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
    return Period(name, _begins(locale, days[name][0]), _begins(locale, days[name][1] + timedelta(days=1)))


def _between(locale: Locale, first: str, last: str) -> Period:
    try:
        since, until = (_day(one) if one.strip() else None for one in (first, last))
    except ValueError:
        fault = locale._("Write a day as %(example)s.", example=written(locale, locale.today()))
        return Period(BETWEEN, None, None, first, last, fault)
    if since and until and until < since:
        since, until = until, since
    return Period(
        BETWEEN,
        _begins(locale, since) if since else None,
        _begins(locale, until + timedelta(days=1)) if until else None,
        written(locale, since) if since else "",
        written(locale, until) if until else "",
    )


def _day(text: str) -> date:
    found = DAY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day = (int(part) for part in found.groups())
    found_day = from_calendar(year, month, day, "fa" if year < FIRST_GREGORIAN else "en")
    if not 1900 <= found_day.year <= 9000:
        raise ValueError(text)
    return found_day


def written(locale: Locale, day: date) -> str:
    """A day as it is written into a field: 2026-11-22, or ۱۴۰۵/۰۹/۰۱."""
    shown = in_calendar(day, locale.language)
    if locale.jalali:
        return locale.digits(f"{shown.year}/{shown.month:02}/{shown.day:02}")
    return day.isoformat()


def _begins(locale: Locale, day: date) -> datetime:
    return datetime.combine(day, time(), locale.zone)
