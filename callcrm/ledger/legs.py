"""The legs of a call: every phone that was rung, folded from what the carrier said of each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from callcrm.ledger.facts import STATUS, Facts
from callcrm.ledger.order import FINAL, STATUS_RANK

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LegHistory:
    """One phone's part in a call. `spoke`: people were connected; picking up is not enough.

    `step` is the document that rang it, `dialled_at` when the carrier began to (before it rings),
    `talk_seconds` None until the carrier has told.
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


def fold_legs(facts: Sequence[Facts], root: str, *, with_root: bool) -> tuple[LegHistory, ...]:
    """Every leg in the order of ringing; the root's own leg only where it was rung (`with_root`)."""
    by_leg: dict[str, list[Facts]] = defaultdict(list)
    for one in facts:
        if one.leg != root or with_root:
            by_leg[one.leg].append(one)
        if one.dialled_leg:
            by_leg[one.dialled_leg].append(one)
    legs = (_leg(sid, found) for sid, found in by_leg.items())
    return tuple(sorted(legs, key=lambda leg: (leg.sid != root, leg.step, leg.sid)))


def _leg(sid: str, facts: list[Facts]) -> LegHistory:
    own = [one for one in facts if one.leg == sid]
    statuses = [one for one in own if one.kind == STATUS]
    dial = next((one for one in facts if one.dialled_leg == sid), None)
    final = last_status(statuses)
    status = final.status if final else None
    if dial and dial.status in FINAL and status not in FINAL:
        status = dial.status
    spoke = _spoke(own, statuses, dial)
    seconds = _seconds(final, dial)
    answered_at = _answered_at(statuses, final, seconds) if spoke or not _screened(own) else None
    ended_at = final.at or final.received_at if final and final.status in FINAL else None
    return LegHistory(
        sid=sid,
        agent=first(one.agent for one in facts),
        target=first(one.target for one in own),
        dialled_at=_first_at(statuses, "initiated") or _first_at(statuses, "ringing"),
        rang_at=_first_at(statuses, "ringing") or _first_at(statuses, "initiated"),
        answered_at=answered_at if spoke or status == "in_progress" else None,
        ended_at=ended_at,
        status=status,
        spoke=spoke,
        talk_seconds=_talk(spoke, seconds, answered_at, ended_at),
        step=min((one.step for one in own if one.step is not None), default=dial.step or 0 if dial else 0),
    )


def first(values: Iterable[T | None]) -> T | None:
    """The first value there is."""
    return next((value for value in values if value is not None), None)


def last_status(statuses: Sequence[Facts]) -> Facts | None:
    """The status that holds: a final one before any other, whatever came last."""

    def weight(one: Facts) -> tuple[int, bool, int, int, float]:
        return (
            STATUS_RANK.get(one.status or "", 0),
            one.status == "completed",
            one.seconds or 0,
            one.sequence or 0,
            one.at.timestamp() if one.at else 0.0,
        )

    return max(statuses, key=weight, default=None)


def _screened(own: Sequence[Facts]) -> bool:
    return any(one.screened for one in own)


def _spoke(own: Sequence[Facts], statuses: Sequence[Facts], dial: Facts | None) -> bool:
    """Were people connected? The carrier's word on bridging wins; else the key pressed; else an answer."""
    if dial and dial.bridged is not None:
        return dial.bridged
    if any(one.accepted for one in own):
        return True
    if any(one.screening for one in own):
        return False
    if dial and dial.status == "completed" and dial.seconds:
        return True
    if _screened(own):
        return False
    return any(one.status == "in_progress" or (one.status == "completed" and one.seconds) for one in statuses)


def _seconds(final: Facts | None, dial: Facts | None) -> int | None:
    if final and final.status == "completed" and final.seconds is not None:
        return final.seconds
    return dial.seconds if dial else None


def _answered_at(statuses: Sequence[Facts], final: Facts | None, seconds: int | None) -> datetime | None:
    answered = min(
        (one.at or one.received_at for one in statuses if one.status == "in_progress"), default=None
    )  # type: ignore[type-var]
    if answered:
        return answered
    if final and final.at and seconds is not None:
        return final.at - timedelta(seconds=seconds)
    return None


def _first_at(statuses: Sequence[Facts], status: str) -> datetime | None:
    times = (one.at or one.received_at for one in statuses if one.status == status)
    return min((at for at in times if at), default=None)


def _talk(
    spoke: bool, seconds: int | None, answered_at: datetime | None, ended_at: datetime | None
) -> int | None:
    if not spoke:
        return 0
    if seconds is not None:
        return seconds
    if answered_at and ended_at:
        return max(0, round((ended_at - answered_at).total_seconds()))
    return None
