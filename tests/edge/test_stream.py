"""A stream of server-sent events: its generator is closed however the client leaves, and a client that reads
nothing is let go.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from starlette.types import Message

from callcrm.edge.stream import SEND_TIMEOUT, EventStream
from tests.clocks import StillClock, skipping

pytestmark = pytest.mark.anyio


class Frames:
    """A generator of frames that records whether it was closed."""

    def __init__(self, *frames: str) -> None:
        self.frames = frames
        self.closed = False

    async def stream(self) -> AsyncGenerator[str]:
        """The frames, then silence until it is closed."""
        try:
            for frame in self.frames:
                yield frame
            await asyncio.Event().wait()
        finally:
            self.closed = True


async def _nothing_received() -> Message:
    await asyncio.Event().wait()
    raise AssertionError("nobody sends anything")


async def _sent(response: EventStream, count: int) -> list[dict[str, Any]]:
    """The first `count` messages; then the client is gone."""
    messages: list[dict[str, Any]] = []
    scope = {"type": "http", "asgi": {"spec_version": "2.4"}}

    async def send(message: Message) -> None:
        messages.append(dict(message))
        if len(messages) == count:
            raise OSError("gone")

    with pytest.raises(Exception):  # noqa: B017  (Starlette's own, or a group of it)
        await response(scope, _nothing_received, send)
    return messages


async def test_frames_are_sent_as_they_come_and_never_cached() -> None:
    frames = Frames("data: 1\n\n", "data: 2\n\n")
    messages = await _sent(EventStream(frames.stream(), StillClock()), 3)
    headers = dict(messages[0]["headers"])
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert headers[b"cache-control"] == b"no-store"
    assert [message["body"] for message in messages[1:]] == [b"data: 1\n\n", b"data: 2\n\n"]


async def test_a_client_that_leaves_closes_the_generator() -> None:
    frames = Frames("data: 1\n\n", "data: 2\n\n")
    await _sent(EventStream(frames.stream(), StillClock()), 2)
    assert frames.closed


async def test_a_client_that_reads_nothing_is_let_go() -> None:
    clock, frames = StillClock(), Frames("data: 1\n\n")

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    scope = {"type": "http", "asgi": {"spec_version": "2.4"}}
    serving = asyncio.ensure_future(EventStream(frames.stream(), clock)(scope, _nothing_received, send))
    await skipping(clock, SEND_TIMEOUT, serving.done)
    await serving
    assert frames.closed
