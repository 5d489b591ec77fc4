"""Times and durations of a call: by the carrier's clock, and by ours only where it sends no time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from callcrm.ledger.facts import STATUS, Facts
from callcrm.ledger.legs import FoldedLeg

FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)


def answer_order(leg: FoldedLeg) -> tuple[datetime, int, str]:
    """Sorts legs by when they were answered."""
    return leg.answered_at or FAR_FUTURE, leg.step, leg.sid


def _seconds_between(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds()))


class CallTimes:
    """Reads the times of one call off its sorted facts.

    `rung_legs` are the legs that rang somebody, `final` is the final status of the root leg.
    """

    def __init__(
        self,
        facts: Sequence[Facts],
        requests: Sequence[Facts],
        rung_legs: Sequence[FoldedLeg],
        final: Facts | None,
        root: str,
    ) -> None:
        self._facts = facts
        self._requests = requests
        self._rung_legs = rung_legs
        self._final = final
        self._root_statuses = [event for event in facts if event.leg == root and event.kind == STATUS]

    @property
    def hung_up(self) -> bool:
        """Whether a request says that the caller has hung up: their call's own callback may be lost."""
        return any(request.hung_up for request in self._requests)

    @property
    def started_at(self) -> datetime:
        """The time of the final status less the call's duration; before that, the earliest time known."""
        final = self._final
        if final and final.at and final.seconds is not None:
            return final.at - timedelta(seconds=final.seconds)
        events = self._facts if final else self._root_statuses
        reported = [event.at for event in events if event.at and event.kind == STATUS]
        return min(reported) if reported else self._first_received_at()

    def _first_received_at(self) -> datetime:
        return min((event.received_at or event.at or FAR_FUTURE for event in self._facts), default=FAR_FUTURE)

    @property
    def ended_at(self) -> datetime | None:
        """When the call ended, None while it lives."""
        if self._final:
            return self._final.at or self._final.received_at
        return min(
            (request.received_at for request in self._requests if request.hung_up and request.received_at),
            default=None,
        )

    @property
    def queued_at(self) -> datetime | None:
        """When the caller was first put in a queue; by our clock, since requests carry no time."""
        return min(
            (
                request.received_at
                for request in self._requests
                if request.state == "queued" and request.received_at
            ),
            default=None,
        )

    @property
    def answered_at(self) -> datetime | None:
        """When the first human was connected."""
        answers = (leg.answered_at for leg in self._rung_legs if leg.spoke)
        return min((answer for answer in answers if answer), default=None)

    def duration(self) -> int | None:
        """Seconds from start to end."""
        if self._final and self._final.seconds is not None:
            return self._final.seconds
        return _seconds_between(self.started_at, self.ended_at) if self.ended_at else None

    def talk(self) -> int:
        """Seconds people of ours spoke with the caller, holds included."""
        return sum(leg.talk_seconds or 0 for leg in self._rung_legs if leg.spoke)

    def wait(self, *, ended: bool, outbound: bool) -> int | None:
        """Seconds from the end of the menu (or arrival, if there was none) to the answer or the end."""
        until = self.answered_at or (self.ended_at if ended else None)
        if until is None:
            return None
        if outbound or not any(request.state == "ivr" for request in self._requests):
            return _seconds_between(self.started_at, until)
        dialled_at = min((leg.dialled_at for leg in self._rung_legs if leg.dialled_at), default=None)
        if dialled_at is None:
            return self._queued_seconds(before=None)
        first_step = min(leg.step for leg in self._rung_legs)
        return self._queued_seconds(before=first_step) + _seconds_between(dialled_at, until)

    def _queued_seconds(self, *, before: int | None) -> int:
        """Seconds in queues by the carrier's QueueTime: of each visit at its end, else at its last turn."""
        total, visit = 0, 0
        for request in self._requests:
            if request.queue_seconds is None or (before is not None and (request.step or 0) > before):
                continue
            visit = max(visit, request.queue_seconds)
            if request.queue_result:
                total, visit = total + visit, 0
        return total + visit
