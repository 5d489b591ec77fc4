"""Live events for a token's user, as server-sent events that resume where they broke off."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Send

from callcrm.agents import tokens
from callcrm.api import auth, frames
from callcrm.api.context import Ask
from callcrm.base.errors import Forbidden, Unavailable
from callcrm.live.hub import Hub
from callcrm.live.listener import Item
from callcrm.live.marks import parse

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
STALLED = 20.0  # seconds a reader may keep us waiting
PULSE = 15.0  # seconds of silence until a comment, and between looks whether the token is still good
HELLO = "retry: 2000\n: hello\n\n"
PING = ": ping\n\n"


class EventStream(StreamingResponse):
    """A stream that leaves nothing open behind it, however its client goes."""

    def __init__(self, pieces: AsyncGenerator[str]) -> None:
        super().__init__(pieces, headers=HEADERS, media_type=MEDIA_TYPE)
        self._pieces = pieces

    async def stream_response(self, send: Send) -> None:
        """Send the pieces, and close what makes them; a reader that takes nothing is let go."""

        async def send_soon(message: Message) -> None:
            async with asyncio.timeout(STALLED):
                await send(message)

        async with aclosing(self._pieces):
            with suppress(TimeoutError):
                await super().stream_response(send_soon)


async def event_stream(ask: Ask) -> Response:
    """What concerns the token's user: their calls, and for supervisors everybody's."""
    if ask.who.user_id is None and not ask.who.supervises:
        raise Forbidden("This token is nobody's: there are no events for it.")
    if ask.request.method == "HEAD":
        return Response(headers=HEADERS, media_type=MEDIA_TYPE)
    return EventStream(_pieces(ask))


async def _pieces(ask: Ask) -> AsyncGenerator[str]:
    yield HELLO
    checked = time.monotonic()
    fresh = parse(ask.request.headers.get("last-event-id")) is None
    # Without the store there is nothing to tell: the client comes again and is told what it missed.
    with suppress(Unavailable):
        async with aclosing(_items(ask)) as items:
            async for item in items:
                if fresh:
                    fresh = False
                    yield _start(ask.services.hub)
                if time.monotonic() - checked >= PULSE:
                    if not await _still_good(ask):
                        return
                    checked = time.monotonic()
                yield PING if item is None else await _frame(ask, item)


def _start(hub: Hub) -> str:
    # An id without data: where to go on from for one cut off before the first event.
    return f"id: {hub.mark}\n\n" if hub.mark else PING


def _items(ask: Ask) -> AsyncGenerator[Item | None, None]:
    after = ask.request.headers.get("last-event-id")
    who = ask.who
    return ask.services.hub.subscribe(who.user_id, supervisor=who.supervises, after=after, pulse=PULSE)


async def _frame(ask: Ask, item: Item) -> str:
    told = await frames.of_hub(ask.services.hub).of(ask.services, item)
    return f"id: {item.id}\n{told}" if told else PING


async def _still_good(ask: Ask) -> bool:
    """Whether the token stands for the same as when the stream began; without a store it is taken to."""
    secret = auth.bearer(ask.request)
    try:
        return await ask.read(lambda session: tokens.principal(session, secret)) == ask.who
    except Unavailable:
        return True
