"""Which announcements have been seen, when they may become visible out of order.

PostgreSQL numbers a row when it is written and shows it when its transaction commits, so that 12 may be
seen before 11, and 11 never come because it was rolled back. A single "last id" would lose 11.
"""

import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass

PATIENCE = 60.0  # seconds; every write's deadline is far shorter
MOST_RANGES = 40
TEXT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18}(-[0-9]{1,18})?){0,40}")


@dataclass(slots=True)
class Range:
    """Ids seen from `low` to `high`, the first of them at `since`."""

    low: int
    high: int
    since: float = 0.0


class SeenIds:
    """All ids up to `floor`, which is settled, and some ranges above it."""

    def __init__(self, floor: int = 0) -> None:
        self.floor = floor
        self._above: list[Range] = []

    @property
    def top(self) -> int:
        """The highest id seen."""
        return self._above[-1].high if self._above else self.floor

    def __contains__(self, row: int) -> bool:
        place = bisect(self._above, row, key=lambda one: one.low)
        return row <= self.floor or (place > 0 and row <= self._above[place - 1].high)

    def see(self, row: int, now: float = 0.0) -> bool:
        """Mark an id as seen; False if it was already."""
        if row in self:
            return False
        if row == self.floor + 1:
            self.floor = row
        else:
            self._insert(row, now)
        if self._above and self._above[0].low == self.floor + 1:
            self.floor = self._above.pop(0).high
        return True

    def lift(self, floor: int) -> None:
        """Take everything up to this id as settled."""
        if floor <= self.floor:
            return
        self._above = [
            Range(max(one.low, floor + 1), one.high, one.since) for one in self._above if one.high > floor
        ]
        self.floor = floor
        if self._above and self._above[0].low == floor + 1:
            self.floor = self._above.pop(0).high

    def settle(self, now: float) -> None:
        """Give up on ids that have not come for so long that whoever took them must have rolled back."""
        while self._above and self._above[0].since < now - PATIENCE:
            self.lift(self._above[0].high)

    def missing(self) -> Iterator[tuple[int, int]]:
        """The gaps between what was seen, lowest first."""
        low = self.floor + 1
        for one in self._above:
            yield low, one.low - 1
            low = one.high + 1

    def text(self) -> str:
        """All of it in a word, to be handed to a client and given back: `41` or `41.43-97.99`."""
        parts = [str(self.floor)]
        parts += [
            f"{one.low}-{one.high}" if one.high > one.low else str(one.low)
            for one in self._above[:MOST_RANGES]
        ]
        return ".".join(parts)

    def _insert(self, row: int, now: float) -> None:
        place = bisect(self._above, row, key=lambda one: one.low)
        before = self._above[place - 1] if place else None
        behind = self._above[place] if place < len(self._above) else None
        if before and before.high == row - 1:
            before.high = row
            if behind and behind.low == row + 1:
                before.high = behind.high
                del self._above[place]
        elif behind and behind.low == row + 1:
            behind.low = row
        else:
            self._above.insert(place, Range(row, row, now))


def parse(text: str | None) -> SeenIds | None:
    """The marks in a word we handed out; None for anything else."""
    if not text or not TEXT.fullmatch(text):
        return None
    floor, *ranges = text.split(".")
    marks = SeenIds(int(floor))
    for one in ranges:
        low, _, high = one.partition("-")
        if int(low) <= marks.top + 1 or int(high or low) < int(low):
            return None
        marks._above.append(Range(int(low), int(high or low)))
    return marks
