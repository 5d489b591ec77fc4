"""How long and how often the carrier tries: its defaults and what a URL's fragment changes."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

CEILING = 15.0  # seconds; nothing that concerns a call takes longer


@dataclass(frozen=True, slots=True)
class Patience:
    """The time limits (seconds) and the retry rule of one request."""

    connect: float = 5.0
    read: float = CEILING
    total: float = CEILING
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    def retries_after(self, failure: str) -> bool:
        """Whether such a failure (ct, rt, 4xx, 5xx) is tried again."""
        return failure in self.retry_on or "all" in self.retry_on


def patience_of(url: str, default: Patience = Patience()) -> Patience:
    """The limits for this URL: `#ct=2000&rt=4000&tt=8000&rc=1&rp=ct`, values out of range ignored."""
    words = {name: values[-1] for name, values in parse_qs(urlsplit(url).fragment).items()}
    return Patience(
        connect=_seconds(words.get("ct"), 10_000, default.connect),
        read=_seconds(words.get("rt"), 15_000, default.read),
        total=_seconds(words.get("tt"), 15_000, default.total),
        retries=_within(words.get("rc"), 0, 5, default.retries),
        retry_on=frozenset(words["rp"].split(",")) if "rp" in words else default.retry_on,
    )


def _seconds(word: str | None, most: int, default: float) -> float:
    milliseconds = _within(word, 100, most, 0)
    return milliseconds / 1000 if milliseconds else default


def _within(word: str | None, least: int, most: int, default: int) -> int:
    if word is None or not word.isascii() or not word.isdigit():
        return default
    return int(word) if least <= int(word) <= most else default
