"""A clock for tests."""

from datetime import UTC, datetime, timedelta


class SetClock:
    """A clock that stands still until told."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The moment it was set to."""
        return self.now

    def advance(self, seconds: float) -> datetime:
        """Moves on, and says what time it is then."""
        self.now += timedelta(seconds=seconds)
        return self.now

    def set(self, moment: str) -> datetime:
        """Jumps to a moment given as `2026-01-05 18:00`, in UTC."""
        self.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        return self.now
