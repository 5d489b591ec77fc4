"""Which announcements have been seen, when they may become visible out of order.

PostgreSQL numbers a row when it is inserted and shows it when its transaction commits, so that 12 may be
seen before 11, and 11 never come because it was rolled back. A single "last id" would lose 11.
"""

import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, replace

GAP_TIMEOUT = 60.0  # seconds; every write's deadline is far shorter
MAX_RANGES = 40
TEXT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18}(-[0-9]{1,18})?){0,40}")


@dataclass(slots=True)
class Range:
    """Ids seen, from `low` to `high` inclusive; the first of them at `since` on a monotonic clock."""

    low: int
    high: int
    since: float = 0.0


class SeenIds:
    """A set of ids: all up to `floor`, and some ranges above it."""

    def __init__(self, floor: int = 0) -> None:
        self.floor = floor
        self._ranges: list[Range] = []

    @property
    def top(self) -> int:
        """The highest id seen."""
        return self._ranges[-1].high if self._ranges else self.floor

    def __contains__(self, event_id: int) -> bool:
        index = bisect(self._ranges, event_id, key=lambda range_: range_.low)
        return event_id <= self.floor or (index > 0 and event_id <= self._ranges[index - 1].high)

    def add(self, event_id: int, now: float = 0.0) -> bool:
        """Marks an id as seen; False if it was already."""
        if event_id in self:
            return False
        if event_id == self.floor + 1:
            self.floor = event_id
        else:
            self._insert(event_id, now)
        if self._ranges and self._ranges[0].low == self.floor + 1:
            self.floor = self._ranges.pop(0).high
        return True

    def raise_floor(self, floor: int) -> None:
        """Marks everything up to this id as seen."""
        if floor <= self.floor:
            return
        self._ranges = [
            Range(max(range_.low, floor + 1), range_.high, range_.since)
            for range_ in self._ranges
            if range_.high > floor
        ]
        self.floor = floor
        if self._ranges and self._ranges[0].low == floor + 1:
            self.floor = self._ranges.pop(0).high

    def close_old_gaps(self, now: float) -> None:
        """Marks as seen what has been missing for GAP_TIMEOUT: its transaction must have rolled back."""
        while self._ranges and self._ranges[0].since < now - GAP_TIMEOUT:
            self.raise_floor(self._ranges[0].high)

    def gaps(self) -> Iterator[tuple[int, int]]:
        """First and last id of each gap between what was seen, lowest first."""
        low = self.floor + 1
        for range_ in self._ranges:
            yield low, range_.low - 1
            low = range_.high + 1

    def encode(self) -> str:
        """The set as a Last-Event-ID for a client to give back: `41` or `41.43-97.99`. Ranges past the 40th
        are left out, so that what is in them may be sent to the client again.
        """
        parts = [str(self.floor)]
        parts += [
            f"{range_.low}-{range_.high}" if range_.high > range_.low else str(range_.low)
            for range_ in self._ranges[:MAX_RANGES]
        ]
        return ".".join(parts)

    def __or__(self, other: "SeenIds") -> "SeenIds":
        """What is in either."""
        both = SeenIds(max(self.floor, other.floor))
        for range_ in sorted(self._ranges + other._ranges, key=lambda range_: range_.low):
            if range_.low > both.top + 1:
                both._ranges.append(replace(range_))
            elif not both._ranges:
                both.floor = max(both.floor, range_.high)
            else:
                both._ranges[-1].high = max(both.top, range_.high)
        return both

    def _insert(self, event_id: int, now: float) -> None:
        index = bisect(self._ranges, event_id, key=lambda range_: range_.low)
        below = self._ranges[index - 1] if index else None
        above = self._ranges[index] if index < len(self._ranges) else None
        if below and below.high == event_id - 1:
            below.high = event_id
            if above and above.low == event_id + 1:
                below.high = above.high
                del self._ranges[index]
        elif above and above.low == event_id + 1:
            above.low = event_id
        else:
            self._ranges.insert(index, Range(event_id, event_id, now))


def parse_seen_ids(text: str | None) -> SeenIds | None:
    """The set from what `encode` made; None for anything else."""
    if not text or not TEXT.fullmatch(text):
        return None
    floor, *ranges = text.split(".")
    seen = SeenIds(int(floor))
    for part in ranges:
        low, _, high = part.partition("-")
        if int(low) <= seen.top + 1 or int(high or low) < int(low):
            return None
        seen._ranges.append(Range(int(low), int(high or low)))
    return seen
