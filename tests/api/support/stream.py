"""A client of the event stream, speaking ASGI to the API within the test's own event loop."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.types import Message

from tests.http_scope import http_scope


@dataclass(frozen=True)
class StreamEvent:
    """One event of a stream."""

    id: str
    kind: str
    data: Any


class Stream:
    """An open stream: what it said so far, and what it says next."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.raw = ""
        self.over = asyncio.Event()
        self._pieces: asyncio.Queue[str] = asyncio.Queue()
        self._left = asyncio.Event()

    async def receive(self) -> Message:
        """Nothing, until the client leaves."""
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take what the server says."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self._pieces.put_nowait(message.get("body", b"").decode())

    def leave(self) -> None:
        """The client goes away."""
        self._left.set()

    @property
    def last_id(self) -> str:
        """The id to go on from after what was read."""
        return str(re.findall(r"^id: (.*)$", self.raw, re.MULTILINE)[-1])

    async def piece(self) -> str:
        """The next piece, within a few seconds."""
        async with asyncio.timeout(5):
            piece = await self._pieces.get()
        self.raw += piece
        return piece

    async def ready(self) -> "Stream":
        """The same, once nothing can be missed any more."""
        while ": ping" not in self.raw:
            await self.piece()
        return self

    async def next(self) -> StreamEvent:
        """The next event."""
        while "data:" not in (piece := await self.piece()):
            pass
        assert piece.endswith("\n\n")
        lines = dict(line.split(": ", 1) for line in piece.strip().split("\n"))
        return StreamEvent(lines["id"], lines["event"], json.loads(lines["data"]))

    def silent(self) -> bool:
        """Whether no event is waiting to be read."""
        return self._pieces.empty()


@asynccontextmanager
async def streaming(app: Starlette, secret: str, **headers: str) -> AsyncIterator[Stream]:
    """An open stream of the token's user; they leave at the end."""
    stream = Stream()
    request_headers = {
        "authorization": f"Bearer {secret}",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    scope = http_scope("GET", "/api/v1/events", request_headers, tls=False)
    running = asyncio.create_task(app(scope, stream.receive, stream.send))
    running.add_done_callback(lambda _: stream.over.set())
    try:
        yield await stream.ready()
    finally:
        stream.leave()
        await running
