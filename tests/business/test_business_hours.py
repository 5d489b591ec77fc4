"""The business's clock against one that goes minute by minute, over changes of the clocks and of the year."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from callcrm.business.hours import after, business_hours, minutes_between, seconds_between
from callcrm.ivr.flows.hours import ALWAYS, DAY, NEVER, Hours, Period
from callcrm.ivr.flows.model import Flow, Flows

pytestmark = pytest.mark.one_engine
MINUTE = timedelta(minutes=1)
# Zones and the days around which their clocks change, or a Jalali year ends.
EDGES = {
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1), date(2025, 12, 31)],
    "Europe/London": [date(2026, 3, 29), date(2026, 10, 25)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],  # half an hour
    "America/Sao_Paulo": [date(2018, 11, 4), date(2018, 2, 18)],  # at midnight
    "Pacific/Apia": [date(2011, 12, 30)],  # a day that never was
    # the clocks of spring and autumn, and 1 Farvardin of 1400, 1404 and 1409
    "Asia/Tehran": [
        *(date(2021, 3, 22), date(2021, 9, 22), date(2021, 3, 21), date(2025, 3, 21), date(2030, 3, 21)),
    ],
}
CASES = [(zone, day) for zone, days in EDGES.items() for day in days]


def reference(hours: Hours, start: datetime, end: datetime) -> int:
    """The open minutes between two whole minutes, each looked at."""
    open_minutes = 0
    while start < end:
        open_minutes += hours.open_at(start)
        start += MINUTE
    return open_minutes


def some_hours(random: Random, zone: str, around: date) -> Hours:
    """Hours with up to three periods a day, some of which overlap, and a holiday or two."""

    def period() -> Period:
        start, end = sorted(random.sample(range(DAY + 1), 2))
        return start, end

    week = tuple(tuple(period() for _ in range(random.randrange(4))) for _ in range(7))
    holidays = {around + timedelta(days=random.randrange(-2, 3)) for _ in range(random.randrange(3))}
    return Hours(week, frozenset(holidays), ZoneInfo(zone))


@pytest.mark.parametrize(("zone", "day"), CASES)
def test_it_agrees_with_a_clock_that_goes_minute_by_minute(zone: str, day: date) -> None:
    random = Random(f"{zone} {day}")
    for _ in range(4):
        hours = some_hours(random, zone, day)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        start = noon - random.randrange(3 * DAY) * MINUTE
        end = start + random.randrange(6 * DAY) * MINUTE
        wanted = reference(hours, start, end)
        assert minutes_between(hours, start, end) == wanted
        if wanted:
            reached = after(hours, start, wanted)
            assert reached is not None
            assert reached <= end
            assert reference(hours, start, reached) == wanted
            assert hours.open_at(reached - MINUTE)  # the first such moment


def test_a_repeated_hour_is_open_twice_and_a_skipped_one_not_at_all() -> None:
    night = Hours((((60, 120),),) * 7, frozenset(), ZoneInfo("America/New_York"))
    autumn, spring = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC)
    assert minutes_between(night, autumn, autumn + timedelta(days=1)) == 120
    two = Hours((((120, 180),),) * 7, frozenset(), ZoneInfo("America/New_York"))
    assert minutes_between(two, spring, spring + timedelta(days=1)) == 0


def test_years_are_sums_and_seconds_are_exact() -> None:
    hours = Hours((((540, 1020),),) * 5 + ((), ()), frozenset(), ZoneInfo("Asia/Tehran"))
    start = datetime(2001, 3, 1, 10, 0, 30, 250_000, tzinfo=UTC)
    parts = [start + timedelta(days=number * 700) for number in range(14)]
    whole = seconds_between(hours, parts[0], parts[-1])
    halves = [seconds_between(hours, before, behind) for before, behind in pairwise(parts)]
    assert whole == sum(halves)
    assert seconds_between(hours, start, start + timedelta(seconds=1.5)) == 1.5
    assert seconds_between(hours, start, start) == 0
    assert seconds_between(hours, start, start - MINUTE) == 0
    year = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert minutes_between(ALWAYS, *year) == 365 * DAY


def test_the_end_of_a_day_is_not_the_beginning_of_the_next() -> None:
    hours = Hours((((540, 1020),),) * 7)
    nine = datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert after(hours, nine, 8 * 60) == nine + timedelta(hours=8)
    assert after(hours, nine, 8 * 60 + 1) == nine + timedelta(days=1, minutes=1)
    assert after(hours, nine - timedelta(hours=4), 1) == nine + MINUTE
    assert after(hours, nine, 0) == nine


def test_a_business_that_never_opens_reaches_nothing() -> None:
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert after(NEVER, now, 1) is None
    assert seconds_between(NEVER, now, now + timedelta(days=4000)) == 0


def test_the_hours_are_those_of_the_flow_that_answers_our_first_number() -> None:
    mornings = Hours((((540, 720),),) * 7)
    flows = Flows(
        {
            "main": Flow("main", ("en",), "main", {}, hours=mornings, numbers=("+12025550100",)),
            "other": Flow("other", ("en",), "main", {}, default=True),
        }
    )
    assert business_hours(flows, ["+12025550100", "+12025550101"]) is mornings
    assert business_hours(flows, ["+12025550101", "+12025550100"]) is ALWAYS
    assert business_hours(flows, []) is ALWAYS
    assert business_hours(Flows(), []) is ALWAYS
