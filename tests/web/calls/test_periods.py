"""The period a list is filtered by, in either calendar and any digits."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcrm.i18n.locale import Locale
from callcrm.web.calls import periods


def locale_at(language: str, now: datetime, zone: str = "UTC") -> Locale:
    return Locale(language, ZoneInfo(zone), "US", lambda: now)


def days(period: periods.Period, zone: str = "UTC") -> tuple[date | None, date | None]:
    """The first and the last day of a period, at the business."""
    since, until = period.since, period.until
    local = ZoneInfo(zone)
    return (
        since.astimezone(local).date() if since else None,
        (until.astimezone(local) - timedelta(seconds=1)).date() if until else None,
    )


BETWEEN = {"when": "between"}
SUNDAY = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "query", "first", "last"),
    [
        ("en", {}, date(2026, 11, 22), date(2026, 11, 22)),
        ("en", {"when": "yesterday"}, date(2026, 11, 21), date(2026, 11, 21)),
        ("en", {"when": "week"}, date(2026, 11, 16), date(2026, 11, 22)),
        ("fa", {"when": "week"}, date(2026, 11, 21), date(2026, 11, 22)),
        ("en", {"when": "seven"}, date(2026, 11, 16), date(2026, 11, 22)),
        ("en", {"when": "thirty"}, date(2026, 10, 24), date(2026, 11, 22)),
        ("en", {"when": "all"}, None, None),
        ("en", BETWEEN | {"first": "2026-11-01", "last": "2026-11-03"}, date(2026, 11, 1), date(2026, 11, 3)),
        ("en", BETWEEN | {"first": "2026-11-03", "last": "2026-11-01"}, date(2026, 11, 1), date(2026, 11, 3)),
        ("en", BETWEEN | {"first": "2026-11-03"}, date(2026, 11, 3), None),
        ("fa", BETWEEN | {"first": "۱۴۰۵/۰۹/۰۱", "last": "1405-9-1"}, date(2026, 11, 22), date(2026, 11, 22)),
        ("fa", {"when": "between", "last": "٢٠٢٦/١١/٠٣"}, None, date(2026, 11, 3)),
        ("en", {"when": "between", "first": "1405-09-01"}, date(2026, 11, 22), None),
    ],
)
def test_days_are_parsed_in_either_calendar_and_any_digits(
    language: str, query: dict[str, str], first: date | None, last: date | None
) -> None:
    period = periods.parse_period(locale_at(language, SUNDAY), query)
    assert (days(period), period.fault) == ((first, last), "")


def test_a_day_begins_in_the_business_time_zone() -> None:
    late = datetime(2026, 11, 22, 22, tzinfo=UTC)  # the 23rd already in Tehran
    period = periods.parse_period(locale_at("fa", late, "Asia/Tehran"), {})
    assert days(period, "Asia/Tehran") == (date(2026, 11, 23), date(2026, 11, 23))
    assert period.since == datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
