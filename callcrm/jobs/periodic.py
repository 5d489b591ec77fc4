"""Periodic jobs.

Each is one row that is never done, so that one process at a time runs it, on however many hosts.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from callcrm.models import Job
from callcrm.store.enqueue import enqueue

LONG_LEASE = 120.0  # seconds
PREFIX = "periodic:"  # of the kinds of these jobs
SKEW = timedelta(minutes=1)  # between the clocks of two hosts
SHORT_LEASE = 20.0


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """Something to run every so many seconds."""

    name: str
    seconds: float
    run: Callable[[], Awaitable[None]]

    @property
    def kind(self) -> str:
        """The kind of its row."""
        return f"{PREFIX}{self.name}"

    @property
    def lease(self) -> float:
        """Seconds; short for a frequent one, which must not rest for minutes when its process dies."""
        return SHORT_LEASE if self.seconds <= SHORT_LEASE else LONG_LEASE


def install(session: Session, jobs: Iterable[PeriodicJob], now: datetime) -> None:
    """Enqueues each job that has no row yet; the others keep the time they are due, unless that is farther
    away than it can be: a clock that was ahead for a moment wrote it.
    """
    by_kind = {job.kind: job for job in jobs}
    for kind in by_kind:
        enqueue(session, kind, "", {}, now)
    session.flush()
    for row in session.exec(select(Job).where(col(Job.kind).in_(by_kind), col(Job.done_at).is_(None))):
        job = by_kind[row.kind]
        if row.run_at > now + timedelta(seconds=job.seconds) + SKEW:
            row.run_at = now
        if row.lease_until and row.lease_until > now + timedelta(seconds=job.lease) + SKEW:
            row.lease_until = None
        session.add(row)
