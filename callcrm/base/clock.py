"""Time as a dependency: code that needs the time, a deadline or a pause is passed a clock.

Nothing else reads the machine's clock. The system's clock is made in the composition roots (`app.py`, `cli/`,
`demo/app.py`); tests pass one that stands still, or one that passes over stalls of the machine.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Timer(Protocol):
    """A scheduled call."""

    def cancel(self) -> None:
        """Cancels the call, if it has not been made yet."""


class Clock(Protocol):
    """The time, and waiting. All durations are in seconds."""

    def now(self) -> datetime:
        """The present time, aware and in UTC."""

    def monotonic(self) -> float:
        """Seconds on a scale that never jumps; only differences mean anything."""

    async def sleep(self, seconds: float) -> None:
        """Returns after so many seconds."""

    def timeout(self, seconds: float | None) -> AbstractAsyncContextManager[object]:
        """A context manager that raises TimeoutError after so many seconds; None: never."""

    def call_later(self, seconds: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Schedules a call on the running event loop after so many seconds."""

    def block(self, seconds: float) -> None:
        """Blocks the calling thread for so many seconds; never on an event loop."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present time, aware and in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment of the past."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Returns after so many seconds."""
        await asyncio.sleep(seconds)

    def timeout(self, seconds: float | None) -> AbstractAsyncContextManager[object]:
        """A context manager that raises TimeoutError after so many seconds."""
        return asyncio.timeout(seconds)

    def call_later(self, seconds: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Schedules a call on the running event loop."""
        return asyncio.get_running_loop().call_later(seconds, callback, *args)

    def block(self, seconds: float) -> None:
        """Blocks the calling thread for so many seconds."""
        time.sleep(seconds)


def nanoseconds(moment: datetime) -> int:
    """A time as nanoseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000


def rfc3339(moment: datetime | None) -> str | None:
    """A time as RFC 3339 in UTC with milliseconds and a Z, or None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
