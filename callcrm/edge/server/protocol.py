"""uvicorn's HTTP protocol with bounds: else one connection fills the memory, and slow ones take all slots.

httptools holds a request's head and trailer until they are whole, however long they are, and uvicorn waits
for the rest of a request for ever (its `h11_max_incomplete_event_size` is for h11 alone).
"""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from callcrm.base.clock import Clock, Timer
from callcrm.edge.server.connection_slots import SLOTS

# Bytes of a request line with all headers; the same for trailers and the frames of chunks.
MAX_HEAD = 64 * 1024
MAX_URL = 16 * 1024
MAX_HEADERS = 128
MAX_PIPELINED = 16  # requests sent before the one before them is answered
HEAD_SECONDS = 10.0  # from the connection, or from the first byte of the next request, to the end of the head
BODY_SECONDS = 20.0  # from there to the end of the body, and a second more for each so many bytes of it
BYTES_PER_SECOND = 8 * 1024
STALL_SECONDS = 60.0  # in which a client takes nothing of a response


class OutOfBounds(Exception):
    """The client sends more than is held; `status` is what it is answered."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class BoundedProtocol(HttpToolsProtocol):
    """One connection. It gives its slot up to another one as long as it waits for its client: for the rest
    of a request, or to take a response.

    uvicorn makes it, and passes it no clock: whoever starts the server sets `clock` first.
    """

    clock: ClassVar[Clock]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._timer: Timer | None = None
        self._stall: Timer | None = None
        self._in_head, self._in_body = True, False
        self._head = self._headers = self._framing = self._body = 0
        self._body_since = 0.0
        self._status = 400

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes a slot, for which a connection that waits may have to end."""
        super().connection_made(transport)
        SLOTS.take(self)
        self._expect(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leaves its slot."""
        SLOTS.leave(self)
        for timer in (self._timer, self._stall):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Takes what was sent, and ends the connection where it is too much."""
        if self.transport.is_closing():
            return
        if self._in_head and self._timer is None:
            self._expect(HEAD_SECONDS)
            SLOTS.wait(self)
        if self._in_head:
            self._head += len(data)
            SLOTS.hold(self, len(data))
        else:
            self._framing += len(data)
        super().data_received(data)
        if not self.transport.is_closing() and self._is_out_of_bounds():
            self._status = 431
            self.send_400_response("Request Header Fields Too Large")

    def _is_out_of_bounds(self) -> bool:
        """Whether the parser holds too much: a head that is not whole, trailers, or frames of chunks with
        hardly a byte in each.
        """
        if self._in_head:
            return self._head > MAX_HEAD
        return self._framing - self._body > MAX_HEAD + 16 * self._body

    def send_400_response(self, msg: str) -> None:
        """Answers what can't be taken, unless a response is under way, and ends the connection."""
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()
            return
        text = msg.encode("ascii")
        head = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
        length = b"content-length: %d\r\n\r\n" % len(text)
        self.transport.write(STATUS_LINE[self._status] + head + length + text)
        self.transport.close()

    def on_message_begin(self) -> None:
        """The first byte of a request; one sent before the last was answered is held, and such are few."""
        if len(self.pipeline) >= MAX_PIPELINED:
            self._refuse(429)
        self._headers = 0
        super().on_message_begin()
        if self._timer is None:
            self._expect(HEAD_SECONDS)

    def on_url(self, url: bytes) -> None:
        """A piece of the path and query."""
        if len(self.url) + len(url) > MAX_URL:
            self._refuse(414)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a field of a trailer, which nobody reads."""
        self._headers += 1
        if self._headers > MAX_HEADERS:
            self._refuse(431)
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole: the request is answered as soon as the app wants no more of it, and its body
        waited for.
        """
        SLOTS.release(self)
        self._in_head, self._in_body, self._head, self._framing, self._body = False, True, 0, 0, 0
        self._body_since = self.clock.monotonic()
        self._expect(BODY_SECONDS)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._body += len(body)
        SLOTS.hold(self, len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole: nothing more is waited for."""
        SLOTS.release(self)
        self._work()
        self._in_head, self._in_body = True, False
        self._expect(None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The response is sent: a connection kept for later is among those that wait."""
        super().on_response_complete()
        if not self.pipeline:
            SLOTS.wait(self)

    def handle_websocket_upgrade(self) -> None:
        """Hands the connection to the WebSocket's protocol, which has bounds of its own."""
        self._expect(None)
        SLOTS.leave(self)
        super().handle_websocket_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        # uvicorn's own has a second line, to install what `serve` does without.
        self.logger.warning("Unsupported upgrade request.")

    def pause_writing(self) -> None:
        """The client takes nothing for now."""
        super().pause_writing()
        SLOTS.wait(self)
        self._stall = self.clock.call_later(STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client takes the response again."""
        super().resume_writing()
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
            self._work()

    def give_up(self) -> None:
        """Ends the connection, whose slot another one gets."""
        self.transport.abort()

    def _work(self) -> None:
        """Keeps the slot, if it is our turn: some requests are answered before they are whole."""
        if self.cycle is not None and not self.cycle.response_complete:
            SLOTS.work(self)

    def _refuse(self, status: int) -> None:
        self._status = status
        raise OutOfBounds(status)

    def _expect(self, seconds: float | None) -> None:
        """Waits so long for the rest of the request; None for no longer at all."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.clock.call_later(seconds, self._too_late)

    def _too_late(self) -> None:
        self._timer = None
        if self._in_body:
            left = self._body_since + BODY_SECONDS + self._body / BYTES_PER_SECOND - self.clock.monotonic()
            if left > 0:
                self._expect(left)
                return
        self._status = 408
        self.send_400_response("Request Timeout")
