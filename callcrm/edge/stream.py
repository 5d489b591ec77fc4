"""A live stream as server-sent events that leaves nothing open behind it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from starlette.responses import StreamingResponse
from starlette.types import Message, Send

from callcrm.base.clock import Clock

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
STALLED = 20.0  # seconds a reader may keep us waiting
PULSE = 15.0  # seconds of silence until a comment, and between looks whether whoever asked may still hear
HELLO = "retry: 2000\n: hello\n\n"
PING = ": ping\n\n"


class EventStream(StreamingResponse):
    """A stream that leaves nothing open behind it, however its client goes."""

    def __init__(self, pieces: AsyncGenerator[str], clock: Clock) -> None:
        super().__init__(pieces, headers=HEADERS, media_type=MEDIA_TYPE)
        self._pieces = pieces
        self._clock = clock

    async def stream_response(self, send: Send) -> None:
        """Send the pieces, and close what makes them; a reader that takes nothing is let go."""

        async def send_soon(message: Message) -> None:
            async with self._clock.timeout(STALLED):
                await send(message)

        async with aclosing(self._pieces):
            with suppress(TimeoutError):
                await super().stream_response(send_soon)
