"""A live stream of the desk, read inside the test's event loop."""

import asyncio
import re
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.types import Message

from tests.http_scope import http_scope

EVENT = re.compile(r"(?:id: (?P<id>\S+)\n)?event: (?P<kind>\S+)\ndata: (?P<data>.*)")


@dataclass(frozen=True)
class StreamEvent:
    """One server-sent event."""

    id: str | None
    kind: str
    data: str


class EventStream:
    """A live stream held open, its events in `events`; without `reads` it stalls once it is ready.

    `last_id` is the id to resume from, `ended` is set when the server ends the stream.
    """

    def __init__(self, app: Starlette, cookie: str, after: str | None = None, *, reads: bool = True) -> None:
        self.raw, self.last_id = "", after
        self.status = 0
        self.ended = asyncio.Event()
        self.events: asyncio.Queue[StreamEvent] = asyncio.Queue()
        self._reads, self._disconnected = reads, asyncio.Event()
        self._ready = asyncio.Event()
        headers = {"cookie": cookie, **({"last-event-id": after} if after else {})}
        scope = http_scope("GET", "/desk/events", headers)
        self._running = asyncio.create_task(app(scope, self._receive, self._send))
        self._running.add_done_callback(lambda _: self._set_ended())

    async def ready(self) -> "EventStream":
        """The same stream, once its `hello` has come: from then on no event is missed."""
        async with asyncio.timeout(30):
            await self._ready.wait()
        return self

    async def disconnect(self) -> None:
        """Closes the connection, as a browser that goes away does."""
        self._disconnected.set()
        await asyncio.gather(self._running, return_exceptions=True)

    async def _receive(self) -> Message:
        await self._disconnected.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        if self._ready.is_set() and not self._reads:
            await asyncio.Event().wait()
        chunk = message.get("body", b"").decode()
        self.raw += chunk
        for match in EVENT.finditer(chunk):
            event = StreamEvent(match["id"], match["kind"], match["data"])
            self.last_id = event.id or self.last_id
            self.events.put_nowait(event)
            if event.kind == "hello":
                self._ready.set()

    def _set_ended(self) -> None:
        self.ended.set()
        self._ready.set()
