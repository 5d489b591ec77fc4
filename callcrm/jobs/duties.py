"""Duties recur.

Each is one job that is never done, so that one process at a time has it, on however many hosts.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from callcrm.store.enqueue import enqueue

LONG_LEASE = 120.0
SHORT_LEASE = 20.0


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to be done every so many seconds."""

    name: str
    seconds: float
    do: Callable[[], Awaitable[None]]

    @property
    def kind(self) -> str:
        """The kind of its job."""
        return f"duty:{self.name}"

    @property
    def lease(self) -> float:
        """A frequent duty must not rest for minutes because the process that had it died."""
        return SHORT_LEASE if self.seconds <= SHORT_LEASE else LONG_LEASE


def install(session: Session, duties: Iterable[Duty], now: datetime) -> None:
    """Sees to it that each duty has its job; one that has it already keeps its time."""
    for duty in duties:
        enqueue(session, duty.kind, "", {}, now)
