"""Days in the calendar a language uses: Gregorian, or Jalali for Persian with its week from Saturday.

And dates, times and counts as people type and paste them.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from persiantools.jdatetime import JalaliDate

LONGEST = 100  # letters; no date or time has as many
# What stands between the parts of dates and times, in other scripts and from word processors.
SEPARATORS = str.maketrans(
    dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("∶：", ":") | dict.fromkeys("⁄∕؍", "/")
)
JALALI_LANGUAGES = frozenset({"fa"})
MONTHS_FA = (
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
)
DAYS_FA = ("دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه", "یکشنبه")  # from Monday on
SATURDAY, MONDAY = 5, 0  # as date.weekday() counts


@dataclass(frozen=True, slots=True)
class Day:
    """A day in a calendar: year, month and day of the month."""

    year: int
    month: int
    day: int


def in_calendar(day: date, language: str) -> Day:
    """The date in the calendar of this language."""
    if language not in JALALI_LANGUAGES:
        return Day(day.year, day.month, day.day)
    jalali = JalaliDate(day)
    return Day(jalali.year, jalali.month, jalali.day)


def from_calendar(year: int, month: int, day: int, language: str) -> date:
    """The Gregorian date of a day in the calendar of this language; ValueError if there is none."""
    if language not in JALALI_LANGUAGES:
        return date(year, month, day)
    gregorian: date = JalaliDate(year, month, day).to_gregorian()
    return gregorian


def week_of(day: date, language: str) -> tuple[date, date]:
    """The first and the last date of the week of this day."""
    first_weekday = SATURDAY if language in JALALI_LANGUAGES else MONDAY
    start = day - timedelta(days=(day.weekday() - first_weekday) % 7)
    return start, start + timedelta(days=6)


def typed(text: str) -> str:
    """The text with ASCII digits and separators, and without spaces around it and marks that are not seen:
    of direction, of order, half-spaces. What is longer than any date is as it was.
    """
    if text.isascii() or len(text) > LONGEST:
        return text.strip()
    seen = (letter for letter in text.translate(SEPARATORS) if unicodedata.category(letter) != "Cf")
    return "".join(_digit(letter) for letter in seen).strip()


def _digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
