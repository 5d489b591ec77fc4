"""Server-sent events as a response."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from starlette.responses import StreamingResponse
from starlette.types import Message, Send

from callcrm.base.clock import Clock

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter tells nginx not to buffer
SEND_TIMEOUT = 20.0  # seconds after which a client that reads nothing is let go
KEEPALIVE = 15.0  # seconds of silence until a comment, and between checks of the client's permission
HELLO = "retry: 2000\n: hello\n\n"
PING = ": ping\n\n"


class EventStream(StreamingResponse):
    """A stream that closes its generator however the client leaves."""

    def __init__(self, frames: AsyncGenerator[str], clock: Clock) -> None:
        super().__init__(frames, headers=HEADERS, media_type=MEDIA_TYPE)
        self._frames = frames
        self._clock = clock

    async def stream_response(self, send: Send) -> None:
        """Sends the frames, then closes the generator."""

        async def send_in_time(message: Message) -> None:
            async with self._clock.timeout(SEND_TIMEOUT):
                await send(message)

        # A generator that is only garbage collected would hold its place in the hub until then.
        async with aclosing(self._frames):
            with suppress(TimeoutError):
                await super().stream_response(send_in_time)
