"""A browser at the end of a WebSocket: what is said to it goes out in order, and nobody waits for it."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from starlette.websockets import WebSocket, WebSocketDisconnect

MOST_WAITING = 500
Heard = Callable[[Mapping[str, Any]], None]


def from_us(socket: WebSocket) -> bool:
    """Whether a page of ours opened it: any page may open a WebSocket, but the browser says which one did."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")


class SocketPeer:
    """One browser. Messages are JSON objects in both directions; what is none is ignored."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._out: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue(MOST_WAITING)
        self._over = asyncio.Event()

    def say(self, **message: object) -> None:
        """Send it soon; a browser that takes nothing any more is let go."""
        try:
            self._out.put_nowait(message)
        except asyncio.QueueFull:
            self._over.set()

    def close(self) -> None:
        """Let the browser go."""
        self._over.set()

    async def listen(self, heard: Heard) -> None:
        """Hand on what the browser says, until it leaves or is let go."""
        await self._socket.accept()
        work = [asyncio.create_task(one) for one in (self._receive(heard), self._send(), self._over.wait())]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            with suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.close()

    async def _receive(self, heard: Heard) -> None:
        with suppress(WebSocketDisconnect):
            while True:
                try:
                    message = await self._socket.receive_json()
                except (ValueError, KeyError):
                    continue
                if isinstance(message, dict):
                    heard(message)

    async def _send(self) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self._socket.send_json(await self._out.get())
