"""Idempotency keys: the response to a request is stored with its key, in the verb's transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col

from callcrm.base.errors import Conflict, Refused
from callcrm.models import IdempotencyKey
from callcrm.models.delete_some import delete_some


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A response as it was sent, to be sent again."""

    status: int
    body: str
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request to be carried out once; `key` is None if the client sent none."""

    key: str | None
    request_hash: str
    now: datetime

    def begin(self, session: Session) -> StoredResponse | None:
        """The stored response; or None, and the key is taken: the caller carries the request out.

        Conflict while the first request runs, Refused for another request with the same key.
        """
        stored = self.stored(session)
        if stored is None and self.key:
            session.add(IdempotencyKey(key=self.key, request_hash=self.request_hash, created_at=self.now))
            session.flush()
        return stored

    def finish(self, session: Session, response: StoredResponse) -> StoredResponse:
        """Stores the response under the key."""
        row = self._row(session)
        if row is not None:
            row.status, row.body, row.etag = response.status, response.body, response.etag
            session.add(row)
        return response

    def abandon(self, session: Session) -> None:
        """Deletes the key: nothing was done, and the request may be sent again."""
        row = self._row(session)
        if row is not None:
            session.delete(row)

    def _row(self, session: Session) -> IdempotencyKey | None:
        return session.get(IdempotencyKey, self.key) if self.key else None

    def stored(self, session: Session) -> StoredResponse | None:
        """The stored response, if there is one; Conflict and Refused as `begin`."""
        row = self._row(session)
        if row is None:
            return None
        if row.request_hash != self.request_hash:
            raise Refused("This Idempotency-Key was used for another request.")
        if row.status is None or row.body is None:
            raise Conflict("The first request with this Idempotency-Key has not been answered.")
        return StoredResponse(row.status, row.body, row.etag)


def forget(session: Session, before: datetime) -> int:
    """Forgets some keys of requests made before this time; how many."""
    return delete_some(session, IdempotencyKey, col(IdempotencyKey.created_at) < before)
