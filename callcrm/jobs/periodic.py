"""Periodic jobs.

Each is one row that is never done, so that one process at a time runs it, on however many hosts.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from callcrm.store.enqueue import enqueue

LONG_LEASE = 120.0  # seconds
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
        return f"periodic:{self.name}"

    @property
    def lease(self) -> float:
        """Seconds; short for a frequent one, which must not rest for minutes when its process dies."""
        return SHORT_LEASE if self.seconds <= SHORT_LEASE else LONG_LEASE


def install(session: Session, jobs: Iterable[PeriodicJob], now: datetime) -> None:
    """Enqueues each job that has no row yet; the others keep the time they are due."""
    for job in jobs:
        enqueue(session, job.kind, "", {}, now)
