"""Opening hours: whether the business is open at a moment, by the wall clock of its own zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

DAY = 24 * 60
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Period = tuple[int, int]  # minutes since midnight, the end left out


@dataclass(frozen=True)
class Hours:
    """Periods of each weekday, Monday first, and the days on which none of them counts.

    A period is what the clock on the wall shows: on the night the clocks go back a repeated hour is
    open twice, on the night they go forward a skipped one not at all.
    """

    week: tuple[tuple[Period, ...], ...]
    holidays: frozenset[date] = frozenset()
    zone: tzinfo = UTC

    def open_at(self, now: datetime) -> bool:
        """Whether an aware moment lies within a period of a day that is no holiday."""
        if now.tzinfo is None:
            raise ValueError("a moment without a zone")
        local = now.astimezone(self.zone)
        if local.date() in self.holidays:
            return False
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.week[local.weekday()])


ALWAYS = Hours(week=(((0, DAY),),) * 7)
NEVER = Hours(week=((),) * 7)
