"""Live events for a token's user, as server-sent events that resume where they broke off."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from starlette.responses import Response

from callcrm.agents import tokens
from callcrm.api import live_frames
from callcrm.api.http import auth
from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.token_uses import token_uses
from callcrm.base.errors import Forbidden, Unavailable
from callcrm.edge.stream import HEADERS, HELLO, KEEPALIVE, MEDIA_TYPE, PING, EventStream
from callcrm.live.hub import Hub
from callcrm.live.listener import Item
from callcrm.live.seen_ids import parse_seen_ids

endpoints = Endpoints()


@endpoints.get("/events", answers="text/event-stream")
async def event_stream(context: ApiContext) -> Response:
    """Live events for the token's user; Last-Event-ID resumes."""
    if context.principal.user_id is None and not context.principal.supervises:
        raise Forbidden("This token is nobody's: there are no events for it.")
    if context.request.method == "HEAD":
        return Response(headers=HEADERS, media_type=MEDIA_TYPE)
    context.services.hub.check_room(context.principal.user_id or context.principal.token_id)
    return EventStream(_pieces(context), context.services.clock)


async def _pieces(context: ApiContext) -> AsyncGenerator[str]:
    yield HELLO
    checked = context.services.clock.monotonic()
    fresh = parse_seen_ids(context.request.headers.get("last-event-id")) is None
    # Without the store there is nothing to tell: the client comes again and is told what it missed.
    with suppress(Unavailable):
        async with aclosing(_items(context)) as items:
            async for item in items:
                if fresh:
                    fresh = False
                    yield _start(context.services.hub)
                if context.services.clock.monotonic() - checked >= KEEPALIVE:
                    if not await _still_good(context):
                        return
                    checked = context.services.clock.monotonic()
                yield PING if item is None else await _frame(context, item)


def _start(hub: Hub) -> str:
    # An id without data: where to go on from for one cut off before the first event.
    return f"id: {hub.last_event_id}\n\n" if hub.last_event_id else PING


def _items(context: ApiContext) -> AsyncGenerator[Item | None, None]:
    after = context.request.headers.get("last-event-id")
    principal = context.principal
    return context.services.hub.subscribe(
        principal.user_id,
        supervisor=principal.supervises,
        after=after,
        keepalive=KEEPALIVE,
        token=principal.token_id,
    )


async def _frame(context: ApiContext, item: Item) -> str:
    frame = await live_frames.frames_of(context.services.hub).of(context, item)
    return f"id: {item.id}\n{frame}" if frame else PING


async def _still_good(context: ApiContext) -> bool:
    """Whether the token has the same rights as when the stream began; assumed while the store is down."""
    secret = auth.bearer(context.request)
    token_uses(context.services).record(context.principal.token_id)
    try:
        return await context.read(lambda session: tokens.authenticate(session, secret)) == context.principal
    except Unavailable:
        return True
