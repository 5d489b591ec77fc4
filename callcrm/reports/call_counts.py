"""Counts of calls by what became of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlmodel import Session, col

from callcrm.calls.search import lost
from callcrm.models import LONG_WAIT, Call, Outcome, Promise, PromiseState, shown_to


@dataclass(frozen=True, slots=True)
class CallCounts:
    """Of a period: all calls, and among them those answered, given up, lost in any way …"""

    calls: int
    answered: int
    abandoned: int
    voicemails: int
    lost: int
    waited: int


def call_counts(session: Session, since: datetime | None, until: datetime | None) -> CallCounts:
    """The counts of calls that began in a period, `since` <= time < `until`."""
    outcome = col(Call.outcome)
    counted = (
        _how_many(outcome == Outcome.ANSWERED),
        _how_many(outcome == Outcome.ABANDONED),
        _how_many(outcome == Outcome.VOICEMAIL),
        _how_many(lost()),
        _how_many(col(Call.wait_seconds) > LONG_WAIT),
    )
    statement = select(func.count(), *counted).select_from(Call)
    if since is not None:
        statement = statement.where(col(Call.started_at) >= since)
    if until is not None:
        statement = statement.where(col(Call.started_at) < until)
    return CallCounts(*session.connection().execute(statement).one())


def overdue_promises(session: Session, reader: str | None, now: datetime) -> int:
    """How many promises that this user may know of are open though they were due before now."""
    statement = select(func.count()).where(
        shown_to(reader), col(Promise.state) == PromiseState.OPEN, col(Promise.due_at) < now
    )
    return int(session.connection().execute(statement).scalar_one())


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
