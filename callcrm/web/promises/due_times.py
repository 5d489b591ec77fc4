"""Due times of promises to choose from: in an hour, today, tomorrow, on a day."""

import re
from datetime import date, datetime, time, timedelta

from callcrm.base.errors import Refused
from callcrm.base.typed_text import normalized
from callcrm.i18n.locale import Locale

EVENING, NOON, LATEST = time(18), time(12), time(23, 59)
DAYS_AHEAD = 31
CLOCK = re.compile(r"(\d{1,2})\s*[:.٫]\s*(\d{2})")


def choices(locale: Locale, now: datetime) -> list[tuple[str, str]]:
    """The choices, each with the time it means."""
    offered = (
        ("hour", locale._("In an hour, at %(time)s", time=locale.time(now + timedelta(hours=1)))),
        ("today", locale._("Today by %(time)s", time=locale.time(_today(locale, now)))),
        ("tomorrow", locale._("Tomorrow by %(time)s", time=locale.time(_tomorrow(locale, now)))),
        ("day", locale._("Another day")),
    )
    return list(offered)


def days(locale: Locale, now: datetime) -> list[tuple[str, str]]:
    """The next days: date and name."""
    first = locale.local(now).date()
    return [(day.isoformat(), locale.date(day)) for day in (first + timedelta(n) for n in range(DAYS_AHEAD))]


def due_at(locale: Locale, choice: str, day: str, clock: str, now: datetime) -> datetime:
    """The time that was chosen, past or not; `day` needs the day and the time of day as well."""
    if choice == "hour":
        return now + timedelta(hours=1)
    if choice == "today":
        return _today(locale, now)
    if choice == "tomorrow":
        return _tomorrow(locale, now)
    return _at(locale, _date(day), _time(clock))


def _today(locale: Locale, now: datetime) -> datetime:
    day = locale.local(now).date()
    evening = _at(locale, day, EVENING)
    return evening if evening > now else _at(locale, day, LATEST)


def _tomorrow(locale: Locale, now: datetime) -> datetime:
    return _at(locale, locale.local(now).date() + timedelta(days=1), NOON)


def _at(locale: Locale, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, locale.zone)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(normalized(text))
    except ValueError:
        raise Refused("Choose a day.", field="day") from None


def _time(text: str) -> time:
    match = CLOCK.fullmatch(normalized(text))
    try:
        return time(int(match[1]), int(match[2])) if match else NOON
    except ValueError:
        raise Refused("This is no time of day.", field="at") from None
