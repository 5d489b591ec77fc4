"""Dates and times as people type and paste them, and the doors that take them."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from callcrm.api.http.parse import Moment
from callcrm.base.typed_text import LONGEST, normalized
from callcrm.cli.reconcile import parse_span
from callcrm.i18n.locale import Locale
from callcrm.web.calls import periods
from callcrm.web.promises import due_times
from tests.shop import NOON

MARKS = "\u200c\u200e\u200f\u202a\u202c\u2066\u2067\u2068\u2069\ufeff\u2060"
DIGITS = st.sampled_from(["0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"])
LOCALE = Locale("fa", NOON.tzinfo, "US", lambda: NOON)  # type: ignore[arg-type]


@st.composite
def spelt(draw: st.DrawFn, text: str) -> str:
    """The text in the digits of a script, with marks that are not seen anywhere in it."""
    digits = draw(DIGITS)
    letters = (digits[int(letter)] if letter.isdigit() else letter for letter in text)
    marks = st.text(MARKS, max_size=2)
    return draw(marks) + "".join(letter + draw(marks) for letter in letters)


@given(spelt("2026-01-07 09:30"))
def test_marks_and_digits_of_any_script_make_no_difference(text: str) -> None:
    assert normalized(text) == "2026-01-07 09:30"


@pytest.mark.parametrize("text", ["۲۰۲۶–۰۱–۰۷", "2026‑01‑07", "2026−01−07", " ۲۰۲۶-۰۱-۰۷\u00a0"])
def test_dashes_of_word_processors_are_dashes(text: str) -> None:
    assert normalized(text) == "2026-01-07"


def test_what_is_longer_than_any_date_is_left_as_it_is() -> None:
    text = "\u2066" * (LONGEST + 1)
    assert normalized(text) == text


@given(spelt("2026-01-07"), spelt("09:30"))
def test_a_due_time_takes_them(day: str, clock: str) -> None:
    due = due_times.due_at(LOCALE, "day", day, clock, NOON)
    assert (due.date(), due.time()) == (date(2026, 1, 7), time(9, 30))


@pytest.mark.parametrize("clock", ["9:30", "09.30", "۰۹٫۳۰", "۹ : ۳۰"])
def test_a_time_of_day_takes_what_people_write(clock: str) -> None:
    assert due_times.due_at(LOCALE, "day", "2026-01-07", clock, NOON).time() == time(9, 30)


@given(spelt("1404/10/17"))
def test_the_days_of_a_list_take_them(day: str) -> None:
    period = periods.parse_period(LOCALE, {"when": "between", "first": day})
    assert (period.since.date() if period.since else None, period.fault) == (date(2026, 1, 7), "")


class Since(BaseModel):
    """A parameter of the API."""

    since: Moment


@given(spelt("2026-01-07T09:30:00Z"))
def test_times_of_the_api_take_them(text: str) -> None:
    assert Since(since=text).since.isoformat() == "2026-01-07T09:30:00+00:00"  # type: ignore[arg-type]


@given(spelt("24h"))
def test_a_span_on_the_command_line_takes_them(text: str) -> None:
    assert parse_span(text) == timedelta(hours=24)
