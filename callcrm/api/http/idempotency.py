"""Idempotency keys: a repeated request with the same key gets the first one's response."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http import problems
from callcrm.api.http.context import ApiContext, to_json
from callcrm.api.http.problems import Problem
from callcrm.edge.versions import etag_of
from callcrm.store.idempotency import IdempotentRequest, StoredResponse

HEADER = "Idempotency-Key"
LIMIT = 255


def as_response(stored: StoredResponse) -> Response:
    """The response as it was sent before, or is to be sent now."""
    media_type = "application/json" if stored.status < 400 else problems.MEDIA_TYPE
    headers = {"ETag": stored.etag} if stored.etag else None
    return Response(stored.body, stored.status, headers=headers, media_type=media_type)


def idempotent(context: ApiContext, body: BaseModel) -> IdempotentRequest:
    """The request with its idempotency key."""
    name = context.request.headers.get(HEADER)
    request = "\x1f".join((context.request.method, context.request.url.path, body.model_dump_json()))
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = None if name is None else _key(context.principal.token_id, name)
    return IdempotentRequest(key, digest, context.now)


async def create(context: ApiContext, body: BaseModel, verb: Callable[[Session], BaseModel]) -> Response:
    """201 with the verb's result, stored in the verb's transaction; or the response stored before."""
    request = idempotent(context, body)

    def once(session: Session) -> StoredResponse:
        return request.begin(session) or request.finish(
            session, created(verb(session), prefix=context.prefix)
        )

    return as_response(await context.write(once))


async def create_once(
    context: ApiContext, body: BaseModel, verb: Callable[[Session], tuple[BaseModel, bool]]
) -> Response:
    """The same for a verb that says whether its result is new: 200 if it was there already."""
    request = idempotent(context, body)

    def once(session: Session) -> StoredResponse:
        if before := request.begin(session):
            return before
        answer, is_new = verb(session)
        response = created(answer, prefix=context.prefix)
        return request.finish(session, response if is_new else replace(response, status=200))

    return as_response(await context.write(once))


def created(answer: BaseModel, *, prefix: str) -> StoredResponse:
    """The response 201 with this object, its paths below this prefix."""
    return StoredResponse(201, to_json(answer, prefix=prefix), etag_of(answer))


def _key(token_id: str, name: str) -> str:
    if not 0 < len(name) <= LIMIT or not name.isascii() or not name.isprintable():
        raise Problem(400, f"{HEADER} must be 1 to {LIMIT} printable ASCII characters.")
    return hashlib.sha256(f"{token_id}\x1f{name}".encode()).hexdigest()
