"""A record of every request the carrier made and every answer it got."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as sent and what came of it: an answer with its status, or a failure in words."""

    at: datetime
    kind: str  # flow | status | recording | message | media
    sid: str
    method: str
    url: str
    params: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    status: int | None = None
    answer_headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str = ""
    seconds: float = 0.0  # until the answer was there

    @property
    def form(self) -> dict[str, str]:
        """The parameters by name."""
        return dict(self.params)

    @property
    def token(self) -> str:
        """The idempotency token: the same for a retry and for a duplicate."""
        return self.headers.get("I-Twilio-Idempotency-Token", "")


@dataclass
class WireLog:
    """All exchanges in the order in which they ended; `listeners` are told of each as it ends."""

    exchanges: list[Exchange] = field(default_factory=list)
    listeners: list[Callable[[Exchange], None]] = field(default_factory=list)

    def add(self, exchange: Exchange) -> None:
        """One more."""
        self.exchanges.append(exchange)
        for tell in self.listeners:
            tell(exchange)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)

    def of(self, kind: str, sid: str | None = None) -> list[Exchange]:
        """The exchanges of one kind (of one call)."""
        return [e for e in self.exchanges if e.kind == kind and sid in (None, e.sid)]
