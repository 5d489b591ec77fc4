"""Days as forms of purchases have them: chosen from a list, or typed in the calendar of the page."""

import re
from datetime import date, datetime, time, timedelta

from callcrm.base.calendars import from_calendar, in_calendar
from callcrm.base.errors import Refused
from callcrm.base.typed_text import normalized
from callcrm.i18n.locale import Locale

DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
TODAY = "today"
DAYS_BACK = 31
FIRST_GREGORIAN = 1700  # a year before this is of the Jalali calendar
NOON = time(12)


def choices(locale: Locale) -> list[tuple[str, str]]:
    """Today and the days before it: date and name."""
    today = locale.today()
    days = (today - timedelta(days=back) for back in range(1, DAYS_BACK))
    return [(TODAY, locale._("Today")), *((day.isoformat(), locale.date(day)) for day in days)]


def moment_of(choice: str, locale: Locale, now: datetime) -> datetime:
    """When it was, by a day of `choices`: now, or at noon; Refused for no day."""
    if choice in ("", TODAY):
        return now
    day = day_of(choice, locale)
    if day is None:
        raise Refused("Choose a day.", field="day")
    return datetime.combine(day, NOON, locale.zone)


def day_of(text: str, locale: Locale) -> date | None:
    """The day that was typed, Jalali or Gregorian as its year says; None for what is no day."""
    match = DAY.fullmatch(normalized(text))
    if match is None:
        return None
    year, month, day = map(int, match.groups())
    language = "fa" if year < FIRST_GREGORIAN else "en"
    try:
        return from_calendar(year, month, day, language)
    except ValueError:
        return None


def written(day: date, locale: Locale) -> str:
    """The day as it is typed in this language."""
    parts = in_calendar(day, locale.language)
    return locale.digits(f"{parts.year}-{parts.month:02}-{parts.day:02}")
