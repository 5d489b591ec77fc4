"""Opening hours minute by minute, held against tables worked out by hand in UTC."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcrm.ivr.flows.hours import ALWAYS, NEVER, Hours, Period

DAY = timedelta(days=1)


def every_day(zone: str, *periods: Period, holidays: frozenset[date] = frozenset()) -> Hours:
    return Hours((periods,) * 7, holidays, ZoneInfo(zone))


def open_minutes(hours: Hours, day: str) -> list[str]:
    """The minutes of a UTC day and its neighbours at which it opens or closes, as +HH:MM / -HH:MM."""
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
    was = hours.open_at(moment - timedelta(minutes=1))
    changes = []
    for _ in range(24 * 60):
        now = hours.open_at(moment)
        if now != was:
            changes.append(f"{'+' if now else '-'}{moment:%H:%M}")
        was = now
        moment += timedelta(minutes=1)
    return changes


NIGHT = (60, 240)  # 01:00-04:00
SKIPPED = (120, 180)  # 02:00-03:00
OFFICE = (480, 1020)  # 08:00-17:00


@pytest.mark.parametrize(
    ("zone", "period", "day", "changes"),
    [
        ("Europe/Zurich", NIGHT, "2026-03-28", ["+00:00", "-03:00"]),
        ("Europe/Zurich", NIGHT, "2026-03-29", ["+00:00", "-02:00", "+23:00"]),
        ("Europe/Zurich", SKIPPED, "2026-03-29", []),
        ("Europe/Zurich", OFFICE, "2026-03-28", ["+07:00", "-16:00"]),
        ("Europe/Zurich", OFFICE, "2026-03-29", ["+06:00", "-15:00"]),
        ("Europe/Zurich", NIGHT, "2026-10-24", ["-02:00", "+23:00"]),
        ("Europe/Zurich", NIGHT, "2026-10-25", ["-03:00"]),
        ("Europe/Zurich", SKIPPED, "2026-10-25", ["+00:00", "-02:00"]),
        ("Europe/Zurich", OFFICE, "2026-10-25", ["+07:00", "-16:00"]),
        ("Asia/Tehran", OFFICE, "2026-03-22", ["+04:30", "-13:30"]),
        ("Asia/Tehran", OFFICE, "2026-09-22", ["+04:30", "-13:30"]),
        ("Asia/Tehran", NIGHT, "2026-03-29", ["-00:30", "+21:30"]),
        ("America/New_York", NIGHT, "2026-03-08", ["+06:00", "-08:00"]),
        ("America/New_York", SKIPPED, "2026-03-08", []),
        ("America/New_York", NIGHT, "2026-11-01", ["+05:00", "-09:00"]),
        ("America/New_York", SKIPPED, "2026-11-01", ["+07:00", "-08:00"]),
        ("America/New_York", OFFICE, "2026-11-01", ["+13:00", "-22:00"]),
        ("UTC", NIGHT, "2026-03-29", ["+01:00", "-04:00"]),
        ("UTC", OFFICE, "2026-10-25", ["+08:00", "-17:00"]),
    ],
)
def test_it_opens_and_closes_by_the_wall_clock_on_the_nights_it_jumps(
    zone: str, period: Period, day: str, changes: list[str]
) -> None:
    assert open_minutes(every_day(zone, period), day) == changes


def test_a_day_has_several_periods() -> None:
    assert open_minutes(every_day("UTC", (540, 750), (810, 1080)), "2026-01-05") == [
        "+09:00",
        "-12:30",
        "+13:30",
        "-18:00",
    ]


def test_each_weekday_has_its_own_periods() -> None:
    only_monday = Hours(((OFFICE,), (), (), (), (), (), ()), zone=UTC)
    assert [bool(open_minutes(only_monday, f"2026-01-0{day}")) for day in range(5, 10)] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_a_holiday_is_closed_from_midnight_to_midnight_of_the_business() -> None:
    christmas = every_day("Europe/Zurich", (0, 1440), holidays=frozenset((date(2026, 12, 25),)))
    assert open_minutes(christmas, "2026-12-24") == ["-23:00"]
    assert open_minutes(christmas, "2026-12-25") == ["+23:00"]


def test_the_last_minute_of_the_day_can_be_open() -> None:
    assert open_minutes(ALWAYS, "2026-03-29") == []
    assert ALWAYS.open_at(datetime(2026, 3, 29, 23, 59, tzinfo=UTC))
    assert not NEVER.open_at(datetime(2026, 3, 29, 12, tzinfo=UTC))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        ALWAYS.open_at(datetime(2026, 1, 5, 12))  # noqa: DTZ001  (naive on purpose)
