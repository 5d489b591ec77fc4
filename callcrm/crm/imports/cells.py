"""Cells as people write them: dates of two calendars, numbers in any digits, words for codes."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from callcrm.base.calendars import from_calendar
from callcrm.base.text import one_line
from callcrm.base.typed_text import normalized
from callcrm.base.words import words
from callcrm.crm.import_kind import WrongCell

YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ,]+(.*))?")
YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:[T ,]+(.*))?")
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)? ?(am|pm)?", re.IGNORECASE)
OFFSET = re.compile(r" ?(Z|[+-]\d{2}:?\d{2})$", re.IGNORECASE)
JALALI_YEARS = range(1200, 1500)
CENTURY = 2000
MONTH_FIRST_REGIONS = frozenset({"US", "PH", "FM", "MH", "PW"})


def text_of(value: str, name: str, longest: int) -> str:
    """A cell as one line; WrongCell for more letters than that."""
    line = one_line(value)
    if len(line) > longest:
        raise WrongCell(name, "Longer than %(most)s characters.", most=longest)
    return line


@lru_cache(maxsize=1024)
def number_of(value: str, name: str) -> float:
    """A cell as a number; WrongCell for what is none."""
    plain = normalized(value).replace("٫", ".").replace("٬", "")
    if "," in plain and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        number = float(plain.replace(",", ""))
    except ValueError:
        raise WrongCell(name, "Not a number.") from None
    if number != number or number in (float("inf"), float("-inf")):  # NaN
        raise WrongCell(name, "Not a number.")
    return number


def one_of(value: str, name: str, codes: Mapping[str, str]) -> str:
    """The code that a cell means, by its words; WrongCell for none of them."""
    code = codes.get(_key(value))
    if code is None:
        raise WrongCell(name, "None of the words that this column may have.")
    return code


@lru_cache(maxsize=4096)
def moment_of(value: str, name: str, zone: ZoneInfo, day_first: bool) -> datetime:
    """A cell as a moment, in UTC: a date of the Gregorian or, by its year, of the Jalali calendar, at
    midnight unless it says the time; WrongCell for what is none.
    """
    text = normalized(value)
    offset = OFFSET.search(text) if ":" in text else None
    day, rest = _day(text[: offset.start()] if offset else text, name, day_first)
    at = _clock(rest, name)
    try:
        if offset:
            moment = datetime.fromisoformat(f"{day.isoformat()}T{at.isoformat()}{_offset(offset[1])}")
        else:
            moment = datetime.combine(day, at, zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise WrongCell(name, "Not a date.") from None


def _offset(text: str) -> str:
    return "+00:00" if text in "Zz" else f"{text[:3]}:{text[-2:]}"


def _day(text: str, name: str, day_first: bool) -> tuple[date, str]:
    if match := YEAR_FIRST.fullmatch(text):
        year, month, day = map(int, match.groups()[:3])
    elif match := YEAR_LAST.fullmatch(text):
        first, second, year = map(int, match.groups()[:3])
        day, month = (first, second) if day_first else (second, first)
        year += CENTURY if year < 100 else 0
    else:
        raise WrongCell(name, "Not a date.")
    try:
        language = "fa" if year in JALALI_YEARS else "en"
        return from_calendar(year, month, day, language), match[4] or ""
    except ValueError:
        raise WrongCell(name, "Not a date there is.") from None


def _clock(text: str, name: str) -> time:
    if not text.strip():
        return time()
    match = CLOCK.fullmatch(text.strip())
    if match is None:
        raise WrongCell(name, "Not a time of day.")
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        hour = hour % 12 + (12 if match[4].lower() == "pm" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        raise WrongCell(name, "Not a time of day.") from None


def is_day_first(values: Iterable[str], region: str) -> bool:
    """Whether dates such as 04/01/2026 begin with the day: as one of them shows, else as the country does."""
    for value in values:
        match = YEAR_LAST.fullmatch(OFFSET.sub("", normalized(value)))
        if match and int(match[1]) > 12:
            return True
        if match and int(match[2]) > 12:
            return False
    return region not in MONTH_FIRST_REGIONS


def codes(**names: str) -> Mapping[str, str]:
    """By the words of a cell: the code; `names` has for each code its words, with `;` between."""
    spelt: dict[str, Any] = {}
    for code, texts in names.items():
        for text in (code, *texts.split(";")):
            spelt[_key(text)] = code
    return spelt


@lru_cache(maxsize=1024)
def _key(text: str) -> str:
    return " ".join(words(text))
