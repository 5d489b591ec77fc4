"""Times and durations of a call: the carrier's, and our own clock's only until the carrier has spoken."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from callcrm.ledger.facts import STATUS, Facts
from callcrm.ledger.legs import LegHistory

FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)


def leg_order(leg: LegHistory) -> tuple[datetime, int, str]:
    """Sorts legs by when they were answered."""
    return leg.answered_at or FAR_FUTURE, leg.step, leg.sid


def _between(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds()))


class CallTimes:
    """Reads the times of one call off its sorted facts; `people` are the legs that rang somebody."""

    def __init__(
        self,
        facts: Sequence[Facts],
        requests: Sequence[Facts],
        people: Sequence[LegHistory],
        final: Facts | None,
        root: str,
    ) -> None:
        self._facts = facts
        self._requests = requests
        self._people = people
        self._final = final
        self._own = [one for one in facts if one.leg == root and one.kind == STATUS]

    @property
    def over(self) -> bool:
        """Whether a request said that the caller has hung up."""
        return any(one.hung_up for one in self._requests)

    @property
    def started_at(self) -> datetime:
        """The final report's time less its duration; before that, the earliest anybody knows of."""
        final = self._final
        if final and final.at and final.seconds is not None:
            return final.at - timedelta(seconds=final.seconds)
        told = [one.at for one in (self._facts if final else self._own) if one.at and one.kind == STATUS]
        return min(told) if told else self._first_seen()

    def _first_seen(self) -> datetime:
        return min((one.received_at or one.at or FAR_FUTURE for one in self._facts), default=FAR_FUTURE)

    @property
    def ended_at(self) -> datetime | None:
        """When the call ended, None while it lives."""
        if self._final:
            return self._final.at or self._final.received_at
        return min(
            (one.received_at for one in self._requests if one.hung_up and one.received_at), default=None
        )

    @property
    def queued_at(self) -> datetime | None:
        """When the caller first had to wait in a queue; ours, since the carrier has no word for it."""
        return min(
            (one.received_at for one in self._requests if one.state == "queued" and one.received_at),
            default=None,
        )

    @property
    def answered_at(self) -> datetime | None:
        """When the first human was connected."""
        return min((leg.answered_at for leg in self._people if leg.spoke and leg.answered_at), default=None)

    def duration(self) -> int | None:
        """Seconds from start to end."""
        if self._final and self._final.seconds is not None:
            return self._final.seconds
        return _between(self.started_at, self.ended_at) if self.ended_at else None

    def talk(self) -> int:
        """Seconds people of ours spoke with the caller, holds included."""
        return sum(leg.talk_seconds or 0 for leg in self._people if leg.spoke)

    def wait(self, *, ended: bool, outbound: bool) -> int | None:
        """Seconds from the end of the menu (or arrival, if there was none) to the answer or the end."""
        until = self.answered_at or (self.ended_at if ended else None)
        if until is None:
            return None
        if outbound or not any(one.state == "ivr" for one in self._requests):
            return _between(self.started_at, until)
        dialled = min((leg.dialled_at for leg in self._people if leg.dialled_at), default=None)
        if dialled is None:
            return self._queued_seconds(before=None)
        first_step = min(leg.step for leg in self._people)
        return self._queued_seconds(before=first_step) + _between(dialled, until)

    def _queued_seconds(self, *, before: int | None) -> int:
        """Seconds in queues as the carrier tells: of each visit what its end said, else its last turn."""
        total, visit = 0, 0
        for one in self._requests:
            if one.queue_seconds is None or (before is not None and (one.step or 0) > before):
                continue
            visit = max(visit, one.queue_seconds)
            if one.queue_result:
                total, visit = total + visit, 0
        return total + visit
