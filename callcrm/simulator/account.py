"""The carrier's customer: account, token, numbers with their webhook URLs, and SIDs that repeat by seed."""

import hashlib
import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Account:
    """Who signs and who may use the REST API."""

    sid: str
    token: str


@dataclass(frozen=True, slots=True)
class Line:
    """A telephone number as it is configured at the carrier."""

    number: str
    voice_url: str
    fallback_url: str | None = None
    status_url: str | None = None
    message_url: str | None = None


@dataclass
class Sids:
    """Makes SIDs: 34 characters, the same ones in the same order for the same seed."""

    seed: int = 0
    _count: int = field(default=0, repr=False)

    def new(self, prefix: str) -> str:
        """The next SID, such as `CA` and 32 hexadecimal digits."""
        return prefix + self._digest(prefix).hex()[:32]

    def token(self) -> str:
        """The next idempotency token, a UUID."""
        return str(uuid.UUID(bytes=self._digest("token")[:16]))

    def _digest(self, prefix: str) -> bytes:
        self._count += 1
        return hashlib.sha256(f"{self.seed}:{prefix}:{self._count}".encode()).digest()
