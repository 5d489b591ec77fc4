"""Opaque ids: random ones that sort by time, and derived ones that a rebuild makes again."""

import hashlib
import secrets
import threading
from datetime import datetime, timedelta
from functools import lru_cache

from callcrm.base.clock import EPOCH

MILLISECOND = timedelta(milliseconds=1)
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]


def _base32(number: int, length: int) -> str:
    """The last so many letters, of five bits each."""
    first = (length + 1) // 2 * 10 - 10
    return "".join([PAIRS[number >> place & 1023] for place in range(first, -1, -10)])[-length:]


class _Tails:
    """The random ends of ids. Those of one millisecond grow, so that ids sort in the order they are made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = (0, 0)

    def next(self, millisecond: int) -> int:
        """80 bits: random, or a random step on from the last where that was of the same millisecond."""
        with self._lock:
            before, tail = self._last
            tail = tail + 1 + secrets.randbits(40) if before == millisecond else secrets.randbits(79)
            self._last = (millisecond, tail)
            return tail


_tails = _Tails()


def new_id(prefix: str, now: datetime) -> str:
    """A fresh id such as `note_01h…`: 9 letters of time in ms, then 80 random bits."""
    millisecond = (now - EPOCH) // MILLISECOND
    return f"{prefix}_{_time_letters(millisecond)}{_base32(_tails.next(millisecond), 16)}"


@lru_cache(maxsize=16)
def _time_letters(millisecond: int) -> str:
    """The letters of a time, which many ids of one verb share."""
    return _base32(millisecond, 9)


def derived_id(prefix: str, *parts: str) -> str:
    """The same id for the same parts, so that a projection rebuilt from its events keeps its ids."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest[:15], 'big'), 24)}"  # 120 bits, five a letter


def new_secret() -> str:
    """A 256-bit secret for tokens and links; only its hash is ever stored."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """What is stored of a secret: SHA-256 suffices for 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
