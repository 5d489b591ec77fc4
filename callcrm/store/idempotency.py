"""Acting once: a key names a request, and its response is kept with it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, delete

from callcrm.base.errors import Conflict, Refused
from callcrm.models import IdempotencyKey


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A response as it was sent, to be sent again."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request that is to be acted upon once; `key` is None where the client named none."""

    key: str | None
    request_hash: str
    now: datetime

    def begin(self, session: Session) -> StoredResponse | None:
        """The response sent before, or None and the key is taken: acting is for the one who took it. Conflict
        while the first is under way, Refused for another request.
        """
        stored = self._stored(session)
        if stored is None and self.key:
            session.add(IdempotencyKey(key=self.key, request_hash=self.request_hash, created_at=self.now))
            session.flush()
        return stored

    def finish(self, session: Session, response: StoredResponse) -> StoredResponse:
        """Keep the response with the key."""
        row = self._row(session)
        if row is not None:
            row.status, row.body = response.status, response.body
            session.add(row)
        return response

    def abandon(self, session: Session) -> None:
        """Forget the key: nothing was done, and it may be tried again."""
        row = self._row(session)
        if row is not None:
            session.delete(row)

    def _row(self, session: Session) -> IdempotencyKey | None:
        return session.get(IdempotencyKey, self.key) if self.key else None

    def _stored(self, session: Session) -> StoredResponse | None:
        row = self._row(session)
        if row is None:
            return None
        if row.request_hash != self.request_hash:
            raise Refused("This Idempotency-Key was used for another request.")
        if row.status is None or row.body is None:
            raise Conflict("The first request with this Idempotency-Key has not been answered.")
        return StoredResponse(row.status, row.body)


def forget(session: Session, before: datetime) -> int:
    """Forget the keys of requests made before this time; how many."""
    gone = session.exec(delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < before))
    return gone.rowcount
