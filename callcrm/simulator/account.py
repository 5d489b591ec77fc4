"""The account at the carrier: credentials, numbers with their webhook URLs, and SIDs that repeat by seed."""

import hashlib
import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Account:
    """The credentials that sign webhooks and authenticate REST requests."""

    sid: str
    token: str


@dataclass(frozen=True, slots=True)
class IncomingNumber:
    """One phone number of the account with its webhook URLs: the carrier's IncomingPhoneNumber."""

    phone_number: str
    voice_url: str
    fallback_url: str | None = None
    status_url: str | None = None
    message_url: str | None = None


@dataclass
class Sids:
    """Makes SIDs of 34 characters: the same seed makes the same SIDs in the same order."""

    seed: int = 0
    _count: int = field(default=0, repr=False)

    def new(self, prefix: str) -> str:
        """The next SID: a prefix such as `CA` and 32 hexadecimal digits."""
        return prefix + self._digest(prefix).hex()[:32]

    def token(self) -> str:
        """The next idempotency token, a UUID."""
        return str(uuid.UUID(bytes=self._digest("token")[:16]))

    def _digest(self, prefix: str) -> bytes:
        self._count += 1
        return hashlib.sha256(f"{self.seed}:{prefix}:{self._count}".encode()).digest()
