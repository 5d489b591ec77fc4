"""A job's row through an attempt: claimed with a lease, then completed, postponed or given up on.

A worker whose lease ran out may still be running. It can do no harm: it holds the job only as long as
`lease_until` is what it was when the worker claimed it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, case, delete, or_, select, update
from sqlmodel import Session

from callcrm.models import Job
from callcrm.models.conventions import table_of

JOB = table_of(Job)


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job this process holds for one attempt."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    lease_until: datetime


def claim(session: Session, leases: Mapping[str, float], now: datetime, limit: int) -> list[ClaimedJob]:
    """Up to `limit` due jobs, held by the caller alone for the seconds that `leases` has for their kind."""
    due = (
        select(JOB.c.id)
        .where(JOB.c.done_at.is_(None), JOB.c.dead_at.is_(None), JOB.c.run_at <= now, JOB.c.kind.in_(leases))
        .where(or_(JOB.c.lease_until.is_(None), JOB.c.lease_until <= now))
        .order_by(JOB.c.run_at, JOB.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # on PostgreSQL; SQLite ignores it, and has one writer
        .cte("due")
    )
    ends = {kind: now + timedelta(seconds=lease) for kind, lease in leases.items()}
    rows = session.execute(
        update(JOB)
        .where(JOB.c.id.in_(select(due.c.id)))
        .values(lease_until=case(ends, value=JOB.c.kind), attempts=JOB.c.attempts + 1)
        .returning(JOB.c.id, JOB.c.kind, JOB.c.payload, JOB.c.attempts, JOB.c.lease_until)
    )
    return sorted((ClaimedJob(*row) for row in rows), key=lambda job: job.id)


def complete(session: Session, job: ClaimedJob, now: datetime) -> bool:
    """Marks the job as done; False if its lease was lost."""
    return _release(session, job, done_at=now, last_error=None)


def postpone(
    session: Session, job: ClaimedJob, run_at: datetime, *, attempts: int, error: str | None = None
) -> bool:
    """Has the job run again from `run_at` on; False if its lease was lost."""
    return _release(session, job, run_at=run_at, last_error=error, attempts=attempts)


def give_up(session: Session, job: ClaimedJob, now: datetime, error: str) -> bool:
    """Marks the job as dead, for people to see; False if its lease was lost."""
    return _release(session, job, dead_at=now, last_error=error)


def delete_done(session: Session, before: datetime) -> int:
    """Deletes jobs done before then and returns how many; dead ones stay."""
    # A DELETE gives a CursorResult.
    return session.execute(delete(JOB).where(JOB.c.done_at < before)).rowcount  # type: ignore[attr-defined, no-any-return]


def _release(session: Session, job: ClaimedJob, **values: Any) -> bool:
    """Ends the attempt with these values; False if the lease was lost."""
    held = {"job": job.id, "held_until": job.lease_until}
    new = {f"new_{name}": value for name, value in values.items()}
    return session.connection().execute(_released(tuple(values)), {**held, **new}).first() is not None


@cache
def _released(names: tuple[str, ...]) -> Update:
    values = {name: bindparam(f"new_{name}", type_=JOB.c[name].type) for name in names}
    still_held = (JOB.c.id == bindparam("job"), JOB.c.lease_until == bindparam("held_until"))
    return update(JOB).where(*still_held).values(lease_until=None, **values).returning(JOB.c.id)
