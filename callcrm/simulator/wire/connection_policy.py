"""How long and how often the carrier tries a request: its defaults, and the overrides in a URL's fragment."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

MAX_SECONDS = 15.0  # for a call-related request, all tries together, whatever the overrides say


@dataclass(frozen=True, slots=True)
class ConnectionPolicy:
    """The time limits (seconds) and the retry rule of one request.

    By default only a failed connection is tried again; a read timeout or a 5xx goes to the fallback URL.
    """

    connect: float = 5.0
    read: float = MAX_SECONDS
    total: float = MAX_SECONDS
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    def retries_after(self, failure: str) -> bool:
        """Whether such a failure (ct, rt, 4xx, 5xx) is tried again."""
        return failure in self.retry_on or "all" in self.retry_on


def connection_policy(url: str, default: ConnectionPolicy = ConnectionPolicy()) -> ConnectionPolicy:
    """The policy for this URL: `#ct=2000&rt=4000&tt=8000&rc=1&rp=ct`, values out of range ignored."""
    overrides = {name: values[-1] for name, values in parse_qs(urlsplit(url).fragment).items()}
    return ConnectionPolicy(
        connect=_seconds(overrides.get("ct"), 10_000, default.connect),
        read=_seconds(overrides.get("rt"), 15_000, default.read),
        total=_seconds(overrides.get("tt"), 15_000, default.total),
        retries=_within(overrides.get("rc"), 0, 5, default.retries),
        retry_on=frozenset(overrides["rp"].split(",")) if "rp" in overrides else default.retry_on,
    )


def _seconds(text: str | None, most: int, default: float) -> float:
    """Milliseconds of an override as seconds."""
    milliseconds = _within(text, 100, most, 0)
    return milliseconds / 1000 if milliseconds else default


def _within(text: str | None, least: int, most: int, default: int) -> int:
    if text is None or not text.isascii() or not text.isdigit():
        return default
    return int(text) if least <= int(text) <= most else default
