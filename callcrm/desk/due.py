"""By when a promise is due, as one says it on the telephone: in an hour, today, tomorrow, on a day."""

import re
from datetime import date, datetime, time, timedelta

from callcrm.base.errors import Refused
from callcrm.desk.words import Words

EVENING, NOON, LATEST = time(18), time(12), time(23, 59)
DAYS_AHEAD = 31
CLOCK = re.compile(r"(\d{1,2}):(\d{2})")  # \d are the digits of every script


def choices(words: Words, now: datetime) -> list[tuple[str, str]]:
    """What is offered, with the hour that each means."""
    offered = (
        ("hour", words._("In an hour, at %(time)s", time=words.time(now + timedelta(hours=1)))),
        ("today", words._("Today by %(time)s", time=words.time(_today(words, now)))),
        ("tomorrow", words._("Tomorrow by %(time)s", time=words.time(_tomorrow(words, now)))),
        ("day", words._("Another day")),
    )
    return list(offered)


def days(words: Words, now: datetime) -> list[tuple[str, str]]:
    """The next days, each by its date and its name."""
    first = words.local(now).date()
    return [(day.isoformat(), words.date(day)) for day in (first + timedelta(n) for n in range(DAYS_AHEAD))]


def moment(words: Words, choice: str, day: str, clock: str, now: datetime) -> datetime:
    """The moment that was chosen; the day and the time of day count for `day` alone."""
    if choice == "hour":
        return now + timedelta(hours=1)
    if choice == "today":
        return _today(words, now)
    if choice == "tomorrow":
        return _tomorrow(words, now)
    chosen = _at(words, _date(day), _time(clock))
    if chosen <= now:
        raise Refused("A promise can't be due in the past.", field="day")
    return chosen


def _today(words: Words, now: datetime) -> datetime:
    day = words.local(now).date()
    evening = _at(words, day, EVENING)
    return evening if evening > now else _at(words, day, LATEST)


def _tomorrow(words: Words, now: datetime) -> datetime:
    return _at(words, words.local(now).date() + timedelta(days=1), NOON)


def _at(words: Words, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, words.zone)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("Choose a day.", field="day") from None


def _time(text: str) -> time:
    found = CLOCK.fullmatch(text.strip())
    try:
        return time(int(found[1]), int(found[2])) if found else NOON
    except ValueError:
        raise Refused("This is no time of day.", field="at") from None
