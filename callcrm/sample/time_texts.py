"""Times of sample calls as text: as the engine stores them, and as JSON documents and mail have them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

DAY = 86_400
TIMES_OF_DAY = [f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}" for second in range(DAY)]
Dates = tuple[str, str]  # of a day, and of the one after it


class TimeTexts:
    """Spells times in each of `call_template.SPELLINGS`. `suffix` is what follows the seconds in a time as
    the engine stores it.
    """

    def __init__(self, suffix: str) -> None:
        stored = [f" {time}{suffix}" for time in TIMES_OF_DAY]
        iso = [f"T{time}+00:00" for time in TIMES_OF_DAY]
        mail = [f" {time} +0000" for time in TIMES_OF_DAY]
        self._clocks = [clock * 2 for clock in (stored, iso, mail)]  # some calls end on the next day
        self._dates: dict[int, tuple[Dates, Dates, Dates]] = {}

    def texts(self, start: datetime, seconds: Sequence[Sequence[int]]) -> list[str]:
        """The times so many seconds after the start, those of each spelling after the other."""
        day, first = divmod(int(start.timestamp()), DAY)
        dates = self._dates.get(day) or self._add_day(day)
        texts: list[str] = []
        for clock, days, offsets in zip(self._clocks, dates, seconds, strict=True):
            texts += [days[(at := first + offset) >= DAY] + clock[at] for offset in offsets]
        return texts

    def _add_day(self, day: int) -> tuple[Dates, Dates, Dates]:
        moments = [datetime.fromtimestamp(number * DAY, UTC) for number in (day, day + 1)]
        iso = moments[0].date().isoformat(), moments[1].date().isoformat()
        mail = format_datetime(moments[0])[:16], format_datetime(moments[1])[:16]
        self._dates[day] = iso, iso, mail
        return self._dates[day]
