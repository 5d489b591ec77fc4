"""Time is an argument: whoever needs the hour, a deadline or a pause is handed a clock.

Nobody else asks the machine for the time. The system's clock is made in the composition roots (`app.py`,
`cli/`, `demo/app.py`); tests hand over one that stands still, or that passes over stalls of the machine.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Timer(Protocol):
    """A call that is still to come."""

    def cancel(self) -> None:
        """Has it not come, if it has not yet."""


class Clock(Protocol):
    """The present moment, and the passing of time. Seconds throughout."""

    def now(self) -> datetime:
        """The present moment, aware and in UTC."""

    def monotonic(self) -> float:
        """Seconds on a scale that never jumps; only differences mean anything."""

    async def sleep(self, seconds: float) -> None:
        """Returns after so long."""

    def timeout(self, seconds: float | None) -> AbstractAsyncContextManager[object]:
        """A block that TimeoutError ends after so long; None lets it take forever."""

    def call_later(self, seconds: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Has the running event loop call this after so long."""

    def block(self, seconds: float) -> None:
        """Returns after so long, with the calling thread at rest: never on an event loop."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present moment, aware and in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment of the past."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Returns after so long."""
        await asyncio.sleep(seconds)

    def timeout(self, seconds: float | None) -> AbstractAsyncContextManager[object]:
        """A block that TimeoutError ends after so long."""
        return asyncio.timeout(seconds)

    def call_later(self, seconds: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Has the running event loop call this after so long."""
        return asyncio.get_running_loop().call_later(seconds, callback, *args)

    def block(self, seconds: float) -> None:
        """Returns after so long."""
        time.sleep(seconds)


def nanoseconds(moment: datetime) -> int:
    """A time as nanoseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000


def rfc3339(moment: datetime | None) -> str | None:
    """A time as RFC 3339 in UTC with milliseconds and a Z, or None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
