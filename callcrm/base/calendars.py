"""Days in the calendar a language uses: Gregorian, or Jalali for Persian with its week from Saturday."""

from dataclasses import dataclass
from datetime import date, timedelta

from persiantools.jdatetime import JalaliDate

FIRST_YEAR, LAST_YEAR = 1900, 9000
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
MONTHS_OF_A_YEAR = 12
DAYS_FA = ("دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه", "یکشنبه")  # from Monday on
LAST_JALALI_YEAR = 1700  # of those that are told from Gregorian ones
SATURDAY, MONDAY = 5, 0  # as date.weekday() counts


@dataclass(frozen=True, slots=True)
class Day:
    """A day in a calendar: year, month and day of the month."""

    year: int
    month: int
    day: int


def is_in_range(day: date) -> bool:
    """Whether the day, or time, is one that both calendars and both engines have, and every zone."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


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


def language_of_year(year: int) -> str:
    """A language whose calendar has this year about now: Jalali years are 621 or 622 fewer."""
    return "fa" if year < LAST_JALALI_YEAR else ""


def week_of(day: date, language: str) -> tuple[date, date]:
    """The first and the last date of the week of this day."""
    first_weekday = SATURDAY if language in JALALI_LANGUAGES else MONDAY
    start = day - timedelta(days=(day.weekday() - first_weekday) % 7)
    return start, start + timedelta(days=6)
