"""Numbers, dates, lengths and telephone numbers as readers of each language write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from callcrm.base.calendars import from_calendar, in_calendar, week_of
from callcrm.i18n.locale import Locale

NOW = datetime(2025, 11, 18, 7, 42, 9, tzinfo=UTC)  # 11:12 in Tehran, a Tuesday


def _words(language: str) -> Locale:
    return Locale(language, ZoneInfo("Asia/Tehran"), "IR", lambda: NOW)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "Tuesday 18 November 2025"), ("fa", "سه‌شنبه ۲۷ آبان ۱۴۰۴")],
)
def test_a_long_date_is_of_the_readers_calendar(language: str, expected: str) -> None:
    assert _words(language).date_long(NOW) == expected


def test_a_date_of_this_year_goes_without_it() -> None:
    en, fa = _words("en"), _words("fa")
    assert en.date(NOW) == "Tue 18 Nov"
    assert en.date(date(2024, 2, 29)) == "Thu 29 Feb 2024"
    assert fa.date(NOW) == "سه‌شنبه ۲۷ آبان"
    # 20 March 2025 is the last day of the Persian year 1403, though of the same Gregorian year
    assert fa.date(date(2025, 3, 20)) == "پنجشنبه ۳۰ اسفند ۱۴۰۳"
    assert fa.date(date(2025, 3, 21)) == "جمعه ۱ فروردین"


def test_a_moment_is_told_in_the_businesss_own_time() -> None:
    late = datetime(2025, 11, 18, 21, 0, tzinfo=UTC)  # half past midnight of the 19th in Tehran
    assert _words("en").clock(NOW) == "11:12:09"
    assert _words("fa").time(NOW) == "۱۱:۱۲"
    assert _words("en").date(late) == "Wed 19 Nov"


def test_what_is_of_today_needs_no_date() -> None:
    words = _words("en")
    assert words.when(NOW) == "11:12"
    assert words.when(datetime(2025, 11, 17, 7, 0, tzinfo=UTC)) == "Mon 17 Nov, 10:30"


def test_headings_call_near_days_by_name() -> None:
    words = _words("en")
    assert words.day(NOW) == "Today, Tuesday 18 November 2025"
    assert words.day(date(2025, 11, 17)) == "Yesterday, Monday 17 November 2025"
    assert words.day(date(2025, 11, 16)) == "Sunday 16 November 2025"


@pytest.mark.parametrize(
    ("seconds", "en", "fa"),
    [(7, "0:07", "۰:۰۷"), (317, "5:17", "۵:۱۷"), (3729, "1:02:09", "۱:۰۲:۰۹"), (None, "0:00", "۰:۰۰")],
)
def test_lengths_tick_as_clocks_do(seconds: int | None, en: str, fa: str) -> None:
    assert (_words("en").duration(seconds), _words("fa").duration(seconds)) == (en, fa)


@pytest.mark.parametrize(("seconds", "text"), [(40, "40 s"), (1620, "27 min"), (6720, "1 h 52 min")])
def test_a_span_is_told_in_its_largest_units(seconds: int, text: str) -> None:
    assert _words("en").span(seconds) == text


def test_thousands_are_parted_as_the_language_does() -> None:
    assert _words("en").number(180000) == "180,000"
    assert _words("fa").number(180000) == "۱۸۰٬۰۰۰"


def test_percents_have_the_sign_of_their_digits() -> None:
    assert (_words("en").percent(0.374), _words("fa").percent(0.374)) == ("37%", "۳۷٪")


def test_a_number_of_the_own_country_is_read_nationally_in_persian_alone() -> None:
    assert _words("fa").tel("+982112345678") == "۰۲۱ ۱۲۳۴ ۵۶۷۸"
    assert _words("en").tel("+982112345678") == "+98 21 1234 5678"
    assert _words("fa").tel("+12025550134") == "+۱ ۲۰۲ ۵۵۵ ۰۱۳۴"
    assert _words("en").tel(None) == ""


def test_the_persian_week_begins_on_saturday() -> None:
    tuesday = date(2025, 11, 18)
    assert week_of(tuesday, "fa") == (date(2025, 11, 15), date(2025, 11, 21))
    assert week_of(tuesday, "en") == (date(2025, 11, 17), date(2025, 11, 23))
    assert week_of(date(2025, 11, 15), "fa")[0] == date(2025, 11, 15)


def test_calendars_go_there_and_back() -> None:
    leap = from_calendar(1403, 12, 30, "fa")
    assert leap == date(2025, 3, 20)
    jalali = in_calendar(leap, "fa")
    assert (jalali.year, jalali.month, jalali.day) == (1403, 12, 30)
    with pytest.raises(ValueError):
        from_calendar(1404, 12, 30, "fa")
