"""How jobs change hands: claimed with a lease, then finished, postponed or given up on.

A worker whose lease ran out may still be at it; the lease itself tells its hand from the next one's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, and_, case, delete, or_, select, update
from sqlmodel import Session

from callcrm.models import Job

JOB: Table = Job.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job in our hands for this attempt."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    lease_until: datetime


def claim(session: Session, leases: Mapping[str, float], now: datetime, limit: int) -> list[Claimed]:
    """Up to `limit` due jobs of the kinds in `leases`, ours alone for as many seconds as it says there."""
    due = (
        select(JOB.c.id)
        .where(JOB.c.done_at.is_(None), JOB.c.dead_at.is_(None), JOB.c.run_at <= now, JOB.c.kind.in_(leases))
        .where(or_(JOB.c.lease_until.is_(None), JOB.c.lease_until <= now))
        .order_by(JOB.c.run_at, JOB.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    until = case({kind: now + timedelta(seconds=lease) for kind, lease in leases.items()}, value=JOB.c.kind)
    rows = session.execute(
        update(JOB)
        .where(JOB.c.id.in_(select(due.c.id)))
        .values(lease_until=until, attempts=JOB.c.attempts + 1)
        .returning(JOB.c.id, JOB.c.kind, JOB.c.payload, JOB.c.attempts, JOB.c.lease_until)
    )
    return sorted((Claimed(*row) for row in rows), key=lambda claimed: claimed.id)


def finish(session: Session, claimed: Claimed, now: datetime) -> bool:
    """Whether the job was still ours to call done."""
    return _hand_back(session, claimed, done_at=now, last_error=None)


def postpone(
    session: Session, claimed: Claimed, run_at: datetime, *, attempts: int, error: str | None = None
) -> bool:
    """Whether the job was still ours to put off."""
    return _hand_back(session, claimed, run_at=run_at, last_error=error, attempts=attempts)


def give_up(session: Session, claimed: Claimed, now: datetime, error: str) -> bool:
    """Whether the job was still ours to give up on; it stays, for people to see."""
    return _hand_back(session, claimed, dead_at=now, last_error=error)


def forget_done(session: Session, before: datetime) -> int:
    """How many jobs done before then were deleted."""
    return session.execute(delete(JOB).where(JOB.c.done_at < before)).rowcount  # type: ignore[attr-defined, no-any-return]


def _hand_back(session: Session, claimed: Claimed, **values: Any) -> bool:
    ours = and_(JOB.c.id == claimed.id, JOB.c.lease_until == claimed.lease_until)
    changed = session.execute(update(JOB).where(ours).values(lease_until=None, **values).returning(JOB.c.id))
    return changed.first() is not None
