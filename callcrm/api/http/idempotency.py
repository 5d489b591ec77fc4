"""Acting once: the same key with the same request gets the same answer again."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel
from sqlmodel import Session, col, delete
from starlette.responses import Response

from callcrm.api.http import problems
from callcrm.api.http.context import Ask, to_json
from callcrm.api.http.problems import Problem
from callcrm.base.errors import Conflict, Refused
from callcrm.models import IdempotencyKey

HEADER = "Idempotency-Key"
LIMIT = 255


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it was given, to be given again."""

    status: int
    body: str

    def response(self) -> Response:
        """The answer to send."""
        media_type = "application/json" if self.status < 400 else problems.MEDIA_TYPE
        return Response(self.body, self.status, media_type=media_type)


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is to be acted upon once; `key` is None where the client named none."""

    key: str | None
    request_hash: str
    now: datetime

    def before(self, session: Session) -> Given | None:
        """The answer already given; Conflict while the first is under way, Refused for another request."""
        kept = session.get(IdempotencyKey, self.key) if self.key else None
        if kept is None:
            return None
        if kept.request_hash != self.request_hash:
            raise Refused("This Idempotency-Key was used for another request.")
        if kept.status is None or kept.body is None:
            raise Conflict("The first request with this Idempotency-Key has not been answered.")
        return Given(kept.status, kept.body)

    def begin(self, session: Session) -> Given | None:
        """The answer already given, or None and the key is taken: acting is for the one who took it."""
        given = self.before(session)
        if given is None and self.key:
            session.add(IdempotencyKey(key=self.key, request_hash=self.request_hash, created_at=self.now))
            session.flush()
        return given

    def end(self, session: Session, given: Given) -> Given:
        """Keep the answer with the key."""
        kept = session.get(IdempotencyKey, self.key) if self.key else None
        if kept is not None:
            kept.status, kept.body = given.status, given.body
            session.add(kept)
        return given

    def take_back(self, session: Session) -> None:
        """Forget the key: nothing was done, and it may be tried again."""
        kept = session.get(IdempotencyKey, self.key) if self.key else None
        if kept is not None:
            session.delete(kept)

    def act(self, session: Session, verb: Callable[[Session], BaseModel]) -> Given:
        """What the verb answers, acted upon and remembered in one transaction."""
        return self.begin(session) or self.end(session, Given(201, to_json(verb(session))))


def once(ask: Ask, said: BaseModel) -> Once:
    """The request as one to be acted upon once."""
    name = ask.request.headers.get(HEADER)
    told = "\x1f".join((ask.request.method, ask.request.url.path, said.model_dump_json()))
    digest = hashlib.sha256(told.encode()).hexdigest()
    return Once(None if name is None else _key(ask.who.token_id, name), digest, ask.now)


def _key(token_id: str, name: str) -> str:
    if not 0 < len(name) <= LIMIT or not name.isascii() or not name.isprintable():
        raise Problem(400, f"{HEADER} must be 1 to {LIMIT} printable ASCII characters.")
    return hashlib.sha256(f"{token_id}\x1f{name}".encode()).hexdigest()


def forget(session: Session, before: datetime) -> int:
    """Forget the keys of requests made before this time; how many."""
    gone = session.exec(delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < before))
    return gone.rowcount
