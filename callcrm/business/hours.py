"""The business's clock: how much time two moments have between them in which it is open.

Open time is kept by the year, as spans of microseconds since the epoch, so that years between two moments are
sums and only the first and the last are looked into. Microseconds are whole numbers: nothing is rounded.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate

from callcrm.ivr.flows.hours import ALWAYS, Hours
from callcrm.ivr.flows.model import Flows

MINUTE, DAY = 60, 24 * 60 * 60
MICRO = 1_000_000  # microseconds of a second
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(1970, 1, 1).toordinal()
THURSDAY = 3  # the epoch's weekday
LOOK_EVERY = DAY // 4  # between looks at a zone's offset: no two changes of one are nearer
MARGIN = 2 * DAY  # a zone's year begins and ends that near to the same one of UTC
FARTHEST = 20  # years in which a business opens, if it ever does
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class OpenYear:
    """The open time of one local year: when each span starts and ends, and what has passed before each."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]
    total: int

    def until(self, moment: int) -> int:
        """The open time of this year before a moment."""
        place = bisect_right(self.starts, moment) - 1
        return self.before[place] + min(moment, self.ends[place]) - self.starts[place] if place >= 0 else 0

    def when(self, passed: int) -> int:
        """The first moment before which the year has so much open time, some and no more than there is."""
        place = bisect_left(self.before, passed) - 1  # at an edge the span that ends, not the one that begins
        return self.starts[place] + passed - self.before[place]


def business_hours(flows: Flows, numbers: tuple[str, ...] | list[str]) -> Hours:
    """The hours and holidays of the flow that answers our first number; without one, always open."""
    flow = flows.for_number(numbers[0] if numbers else None)
    return flow.hours if flow else ALWAYS


def seconds_between(hours: Hours, start: datetime, end: datetime) -> float:
    """The seconds from one moment to another in which the business is open; 0 if the end is not later."""
    if end <= start:
        return 0
    first, last = start.astimezone(UTC).year - 1, end.astimezone(UTC).year + 1
    since, until = _since_epoch(start), _since_epoch(end)
    edges = {first, first + 1, first + 2, last - 2, last - 1, last}
    passed = 0
    for number in range(first, last + 1):
        year = _open_year(hours, number)
        passed += year.until(until) - year.until(since) if number in edges else year.total
    return passed / MICRO


def minutes_between(hours: Hours, start: datetime, end: datetime) -> int:
    """The same in whole minutes, rounded down."""
    return int(seconds_between(hours, start, end)) // MINUTE


def after(hours: Hours, start: datetime, minutes: int) -> datetime | None:
    """The first moment so many minutes of open time after this one; None if the business does not open as
    long within FARTHEST years.
    """
    if minutes <= 0:
        return start
    since, wanted = _since_epoch(start), minutes * MINUTE * MICRO
    first = start.astimezone(UTC).year - 1
    for number in range(first, first + FARTHEST + 1):
        year = _open_year(hours, number)
        passed = year.until(since)
        if wanted <= year.total - passed:
            return EPOCH + timedelta(microseconds=year.when(passed + wanted))
        wanted -= year.total - passed
    return None


def _since_epoch(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


@lru_cache(maxsize=256)
def _open_year(hours: Hours, number: int) -> OpenYear:
    spans = sorted(_spans(hours, number))
    lengths = [end - start for start, end in spans]
    return OpenYear(
        tuple(start for start, _ in spans),
        tuple(end for _, end in spans),
        tuple(accumulate(lengths, initial=0))[:-1],
        sum(lengths),
    )


def _spans(hours: Hours, number: int) -> Iterator[Span]:
    """The spans in which the business is open on the days of this year by its own calendar."""
    first_day = date(number, 1, 1).toordinal() - EPOCH_DAY
    last_day = date(number, 12, 31).toordinal() - EPOCH_DAY
    week = [_merged(periods) for periods in hours.week]
    holidays = {day.toordinal() - EPOCH_DAY for day in hours.holidays}
    for start, end, offset in _offsets(hours, first_day * DAY - MARGIN, (last_day + 1) * DAY + MARGIN):
        first, last = (start + offset) // DAY, (end + offset - 1) // DAY
        for day in range(max(first, first_day), min(last, last_day) + 1):
            if day in holidays:
                continue
            for opens, closes in week[(day + THURSDAY) % 7]:
                since = max(day * DAY + opens * MINUTE - offset, start)
                until = min(day * DAY + closes * MINUTE - offset, end)
                if since < until:
                    yield since * MICRO, until * MICRO


def _merged(periods: tuple[Span, ...]) -> list[Span]:
    """A day's periods in order, those that overlap made one."""
    merged: list[Span] = []
    for start, end in sorted(periods):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _offsets(hours: Hours, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The stretches between two moments in which the zone has one offset from UTC, each with that."""
    since, offset = start, _offset(hours, start)
    for moment in range(start + LOOK_EVERY, end + LOOK_EVERY, LOOK_EVERY):
        if _offset(hours, moment) != offset:
            change = _change(hours, moment - LOOK_EVERY, moment)
            yield since, change, offset
            since, offset = change, _offset(hours, moment)
    yield since, end, offset


def _change(hours: Hours, before: int, after_: int) -> int:
    """The second at which the offset becomes another."""
    old = _offset(hours, before)
    while after_ - before > 1:
        middle = (before + after_) // 2
        before, after_ = (middle, after_) if _offset(hours, middle) == old else (before, middle)
    return after_


def _offset(hours: Hours, moment: int) -> int:
    offset = datetime.fromtimestamp(moment, hours.zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0
