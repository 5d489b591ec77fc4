"""Acting once: the same key with the same request gets the same response again."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel
from sqlmodel import Session, col, delete
from starlette.responses import Response

from callcrm.api.http import problems
from callcrm.api.http.context import ApiContext, to_json
from callcrm.api.http.problems import Problem
from callcrm.base.errors import Conflict, Refused
from callcrm.models import IdempotencyKey

HEADER = "Idempotency-Key"
LIMIT = 255


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A response as it was sent, to be sent again."""

    status: int
    body: str

    def response(self) -> Response:
        """The response to send."""
        media_type = "application/json" if self.status < 400 else problems.MEDIA_TYPE
        return Response(self.body, self.status, media_type=media_type)


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


def idempotent(context: ApiContext, body: BaseModel) -> IdempotentRequest:
    """The request as one to be acted upon once."""
    name = context.request.headers.get(HEADER)
    request = "\x1f".join((context.request.method, context.request.url.path, body.model_dump_json()))
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = None if name is None else _key(context.principal.token_id, name)
    return IdempotentRequest(key, digest, context.now)


async def create(context: ApiContext, body: BaseModel, verb: Callable[[Session], BaseModel]) -> Response:
    """201 with what the verb returns: done and remembered in one transaction, or remembered from before."""
    request = idempotent(context, body)

    def once(session: Session) -> StoredResponse:
        stored = request.begin(session)
        return stored or request.finish(session, StoredResponse(201, to_json(verb(session))))

    return (await context.write(once)).response()


def _key(token_id: str, name: str) -> str:
    if not 0 < len(name) <= LIMIT or not name.isascii() or not name.isprintable():
        raise Problem(400, f"{HEADER} must be 1 to {LIMIT} printable ASCII characters.")
    return hashlib.sha256(f"{token_id}\x1f{name}".encode()).hexdigest()


def forget(session: Session, before: datetime) -> int:
    """Forget the keys of requests made before this time; how many."""
    gone = session.exec(delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < before))
    return gone.rowcount
