"""The legs of a call: every phone that was rung, folded from what the carrier reported of each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from callcrm.ledger.facts import STATUS, Facts
from callcrm.ledger.order import FINAL, STATUS_RANK

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FoldedLeg:
    """One phone's part in a call. `spoke`: people were connected; answering alone is not enough.

    `step` is the document that rang it, `dialled_at` when the carrier began to (before it rings),
    `talk_seconds` None until the carrier has reported them.
    """

    sid: str
    agent: str | None
    target: str | None
    dialled_at: datetime | None
    rang_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    status: str | None
    spoke: bool
    talk_seconds: int | None
    step: int

    @property
    def live(self) -> bool:
        """Whether people are connected now."""
        return self.spoke and self.ended_at is None and self.status not in FINAL


def fold_legs(facts: Sequence[Facts], root: str, *, with_root: bool) -> tuple[FoldedLeg, ...]:
    """Every leg in the order of ringing; the root's own leg only where it was rung (`with_root`)."""
    by_leg: dict[str, list[Facts]] = defaultdict(list)
    for event in facts:
        if event.leg != root or with_root:
            by_leg[event.leg].append(event)
        if event.dialled_leg:
            by_leg[event.dialled_leg].append(event)
    legs = (_leg(sid, events) for sid, events in by_leg.items())
    return tuple(sorted(legs, key=lambda leg: (leg.sid != root, leg.step, leg.sid)))


def _leg(sid: str, events: list[Facts]) -> FoldedLeg:
    """A leg from its own events and from the action of the Dial that rang it (`dial`), whichever came."""
    own = [event for event in events if event.leg == sid]
    statuses = [event for event in own if event.kind == STATUS]
    dial = next((event for event in events if event.dialled_leg == sid), None)
    final = last_status(statuses)
    status = final.status if final else None
    if dial and dial.status in FINAL and status not in FINAL:
        status = dial.status
    spoke = _spoke(own, statuses, dial)
    seconds = _seconds(final, dial)
    # A screened phone that was answered and did not press 1 (a voicemail, say) has not answered the caller.
    answered_at = _answered_at(statuses, final, seconds) if spoke or not _is_screened(own) else None
    ended_at = final.at or final.received_at if final and final.status in FINAL else None
    return FoldedLeg(
        sid=sid,
        agent=first(event.agent for event in events),
        target=first(event.target for event in own),
        dialled_at=_first_at(statuses, "initiated") or _first_at(statuses, "ringing"),
        rang_at=_first_at(statuses, "ringing") or _first_at(statuses, "initiated"),
        answered_at=answered_at if spoke or status == "in_progress" else None,
        ended_at=ended_at,
        status=status,
        spoke=spoke,
        talk_seconds=_talk_seconds(spoke, seconds, answered_at, ended_at),
        step=_step(own, dial),
    )


def _step(own: Sequence[Facts], dial: Facts | None) -> int:
    """The step of the document that rang it; of a Dial's action, one step on, if nothing else is there."""
    return min((event.step for event in own if event.step is not None), default=dial.step or 0 if dial else 0)


def first(values: Iterable[T | None]) -> T | None:
    """The first value that is not None, None if there is none."""
    return next((value for value in values if value is not None), None)


def last_status(statuses: Sequence[Facts]) -> Facts | None:
    """The status that holds: a final one before any other, whatever arrived last."""

    def weight(event: Facts) -> tuple[int, bool, int, int, float]:
        return (
            STATUS_RANK.get(event.status or "", 0),
            event.status == "completed",
            event.seconds or 0,
            event.sequence or 0,
            event.at.timestamp() if event.at else 0.0,
        )

    return max(statuses, key=weight, default=None)


def _is_screened(own: Sequence[Facts]) -> bool:
    return any(event.screened for event in own)


def _spoke(own: Sequence[Facts], statuses: Sequence[Facts], dial: Facts | None) -> bool:
    """Whether people were connected. DialBridged wins; else the key pressed in screening; else an answer.

    Not every compatible carrier sends DialBridged, and the Dial's action itself may be lost.
    """
    if dial and dial.bridged is not None:
        return dial.bridged
    if any(event.accepted for event in own):
        return True
    if any(event.screening for event in own):
        return False
    if dial and dial.status == "completed" and dial.seconds:
        return True
    if _is_screened(own):
        return False
    return any(
        event.status == "in_progress" or (event.status == "completed" and event.seconds) for event in statuses
    )


def _seconds(final: Facts | None, dial: Facts | None) -> int | None:
    """The leg's duration: CallDuration of its own callback, else the Dial's DialCallDuration."""
    if final and final.status == "completed" and final.seconds is not None:
        return final.seconds
    return dial.seconds if dial else None


def _answered_at(statuses: Sequence[Facts], final: Facts | None, seconds: int | None) -> datetime | None:
    """When the carrier reported the answer; where that is lost, the end less the duration."""
    answered = [event.at or event.received_at for event in statuses if event.status == "in_progress"]
    if answered:
        return min(answered)  # type: ignore[type-var]  # every kept event has received_at
    if final and final.at and seconds is not None:
        return final.at - timedelta(seconds=seconds)
    return None


def _first_at(statuses: Sequence[Facts], status: str) -> datetime | None:
    times = (event.at or event.received_at for event in statuses if event.status == status)
    return min((time for time in times if time), default=None)


def _talk_seconds(
    spoke: bool, seconds: int | None, answered_at: datetime | None, ended_at: datetime | None
) -> int | None:
    if not spoke:
        return 0
    if seconds is not None:
        return seconds
    if answered_at and ended_at:
        return max(0, round((ended_at - answered_at).total_seconds()))
    return None
