"""A job's row through an attempt: claimed with a lease, then completed, postponed or given up on.

A worker whose lease ran out may still be running. It can do no harm: it holds the job only as long as
`lease_until` is what it was when the worker claimed it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    Update,
    UpdateBase,
    bindparam,
    case,
    literal_column,
    or_,
    select,
    update,
)
from sqlmodel import Session

from callcrm.models import Job
from callcrm.models.conventions import table_of
from callcrm.models.delete_some import delete_some
from callcrm.store.deferred_writes import read_prepared, write_deferred

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
    kinds = tuple(sorted(leases))
    if not read_prepared(session, _any_due(kinds), {"now": now}):
        return []  # as mostly: a job that ends has the runner look for more
    ends = {_end(place): now + timedelta(seconds=leases[kind]) for place, kind in enumerate(kinds)}
    rows = session.connection().execute(_claimed(kinds), {"now": now, "most": limit, **ends})
    return sorted((ClaimedJob(*row) for row in rows), key=lambda job: job.id)


def _due(kinds: tuple[str, ...]) -> Select[tuple[int]]:
    now = bindparam("now", type_=JOB.c.run_at.type)
    return (
        select(JOB.c.id)
        .where(JOB.c.done_at.is_(None), JOB.c.dead_at.is_(None), JOB.c.run_at <= now)
        .where(or_(*(JOB.c.kind == kind for kind in kinds)))
        .where(or_(JOB.c.lease_until.is_(None), JOB.c.lease_until <= now))
        .order_by(JOB.c.run_at, JOB.c.id)
    )


def _end(place: int) -> str:
    return f"end_{place}"


@cache
def _any_due(kinds: tuple[str, ...]) -> Select[tuple[int]]:
    return _due(kinds).limit(literal_column("1"))


@cache
def _claimed(kinds: tuple[str, ...]) -> UpdateBase:
    due = (
        _due(kinds)
        .limit(bindparam("most", type_=Integer()))
        .with_for_update(skip_locked=True)  # on PostgreSQL; SQLite ignores it, and has one writer
        .cte("due")
    )
    lease = JOB.c.lease_until.type
    ends = {kind: bindparam(_end(place), type_=lease) for place, kind in enumerate(kinds)}
    return (
        update(JOB)
        .where(JOB.c.id.in_(select(due.c.id)))
        .values(lease_until=case(ends, value=JOB.c.kind), attempts=JOB.c.attempts + 1)
        .returning(JOB.c.id, JOB.c.kind, JOB.c.payload, JOB.c.attempts, JOB.c.lease_until)
    )


def complete(session: Session, job: ClaimedJob, at: datetime) -> None:
    """Marks the job as done, unless its lease was lost."""
    values = {"new_done_at": at, "new_last_error": None}
    write_deferred(session, _released(_COMPLETED), {**_held(job), **values})


def postpone(
    session: Session, job: ClaimedJob, run_at: datetime, *, attempts: int, error: str | None = None
) -> bool:
    """Has the job run again from `run_at` on; False if its lease was lost."""
    return _release(session, job, run_at=run_at, last_error=error, attempts=attempts)


def give_up(session: Session, job: ClaimedJob, now: datetime, error: str) -> bool:
    """Marks the job as dead, for people to see; False if its lease was lost."""
    return _release(session, job, dead_at=now, last_error=error)


def delete_done(session: Session, before: datetime) -> int:
    """Deletes some jobs done before then and returns how many; dead ones stay."""
    return delete_some(session, Job, JOB.c.done_at < before)


def _release(session: Session, job: ClaimedJob, **values: Any) -> bool:
    """Ends the attempt with these values; False if the lease was lost."""
    new = {f"new_{name}": value for name, value in values.items()}
    return session.connection().execute(_released(tuple(values)), {**_held(job), **new}).first() is not None


_COMPLETED = ("done_at", "last_error")


def _held(job: ClaimedJob) -> dict[str, Any]:
    return {"job": job.id, "held_until": job.lease_until}


@cache
def _released(names: tuple[str, ...]) -> Update:
    values = {name: bindparam(f"new_{name}", type_=JOB.c[name].type) for name in names}
    still_held = (JOB.c.id == bindparam("job"), JOB.c.lease_until == bindparam("held_until"))
    return update(JOB).where(*still_held).values(lease_until=None, **values).returning(JOB.c.id)
