"""Live events for a token's user, as server-sent events that resume where they broke off."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from starlette.responses import Response

from callcrm.agents import tokens
from callcrm.api import live_frames
from callcrm.api.http import auth
from callcrm.api.http.context import Ask
from callcrm.base.errors import Forbidden, Unavailable
from callcrm.edge.stream import HEADERS, HELLO, KEEPALIVE, MEDIA_TYPE, PING, EventStream
from callcrm.live.hub import Hub
from callcrm.live.listener import Item
from callcrm.live.seen_ids import parse_seen_ids


async def event_stream(ask: Ask) -> Response:
    """What concerns the token's user: their calls, and for supervisors everybody's."""
    if ask.who.user_id is None and not ask.who.supervises:
        raise Forbidden("This token is nobody's: there are no events for it.")
    if ask.request.method == "HEAD":
        return Response(headers=HEADERS, media_type=MEDIA_TYPE)
    return EventStream(_pieces(ask), ask.services.clock)


async def _pieces(ask: Ask) -> AsyncGenerator[str]:
    yield HELLO
    checked = ask.services.clock.monotonic()
    fresh = parse_seen_ids(ask.request.headers.get("last-event-id")) is None
    # Without the store there is nothing to tell: the client comes again and is told what it missed.
    with suppress(Unavailable):
        async with aclosing(_items(ask)) as items:
            async for item in items:
                if fresh:
                    fresh = False
                    yield _start(ask.services.hub)
                if ask.services.clock.monotonic() - checked >= KEEPALIVE:
                    if not await _still_good(ask):
                        return
                    checked = ask.services.clock.monotonic()
                yield PING if item is None else await _frame(ask, item)


def _start(hub: Hub) -> str:
    # An id without data: where to go on from for one cut off before the first event.
    return f"id: {hub.last_event_id}\n\n" if hub.last_event_id else PING


def _items(ask: Ask) -> AsyncGenerator[Item | None, None]:
    after = ask.request.headers.get("last-event-id")
    who = ask.who
    return ask.services.hub.subscribe(
        who.user_id, supervisor=who.supervises, after=after, keepalive=KEEPALIVE
    )


async def _frame(ask: Ask, item: Item) -> str:
    told = await live_frames.of_hub(ask.services.hub).of(ask.services, item)
    return f"id: {item.id}\n{told}" if told else PING


async def _still_good(ask: Ask) -> bool:
    """Whether the token stands for the same as when the stream began; without a store it is taken to."""
    secret = auth.bearer(ask.request)
    try:
        return await ask.read(lambda session: tokens.authenticate(session, secret)) == ask.who
    except Unavailable:
        return True
