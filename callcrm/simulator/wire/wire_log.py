"""A log of every request the carrier made to the app, and every response it got."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as sent and its result: a response with its status, or a failure in words."""

    at: datetime
    kind: str  # flow | status | recording | message | media
    sid: str
    method: str
    url: str
    params: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    status: int | None = None
    response_headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str = ""
    seconds: float = 0.0  # until the response was there

    @property
    def form(self) -> dict[str, str]:
        """The parameters by name."""
        return dict(self.params)

    @property
    def idempotency_token(self) -> str:
        """The same for a retry and for a duplicate."""
        return self.headers.get("I-Twilio-Idempotency-Token", "")


@dataclass
class WireLog:
    """All exchanges in the order in which they ended; `listeners` are called with each as it ends."""

    exchanges: list[Exchange] = field(default_factory=list)
    listeners: list[Callable[[Exchange], None]] = field(default_factory=list)

    def add(self, exchange: Exchange) -> None:
        """Append an exchange and call the listeners."""
        self.exchanges.append(exchange)
        for listener in self.listeners:
            listener(exchange)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)

    def of_kind(self, kind: str, sid: str | None = None) -> list[Exchange]:
        """The exchanges of one kind, of one call or message if `sid` is set."""
        return [
            exchange for exchange in self.exchanges if exchange.kind == kind and sid in (None, exchange.sid)
        ]
