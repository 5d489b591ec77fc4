"""A browser at the other end of a WebSocket: messages to it are queued, and nobody waits for it."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from callcrm.edge.hosts import host_of_origin

MAX_QUEUED = 500  # messages to a browser that takes none
OnMessage = Callable[[Mapping[str, Any]], None]


def same_origin(socket: WebSocket) -> bool:
    """Whether a page of ours opened it: any page may open a WebSocket, but the browser says which did."""
    origin = socket.headers.get("origin")
    return origin is None or host_of_origin(origin) == socket.headers.get("host")


class SocketPeer:
    """One browser. Messages are JSON objects in both directions; anything else from it is ignored."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._queue: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue(MAX_QUEUED)
        self._closed = asyncio.Event()

    def send(self, **message: object) -> None:
        """Queue a message; a browser whose queue is full is disconnected."""
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self._closed.set()

    def close(self) -> None:
        """Disconnect the browser."""
        self._closed.set()

    async def serve(self, on_message: OnMessage) -> None:
        """Send what is queued and hand on each message, until the browser leaves or is disconnected."""
        await self._socket.accept()
        loops = (self._receive(on_message), self._send(), self._closed.wait())
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.close()

    async def _receive(self, on_message: OnMessage) -> None:
        with suppress(WebSocketDisconnect):
            while True:
                try:
                    message = await self._socket.receive_json()
                except (ValueError, KeyError):
                    continue
                if isinstance(message, dict):
                    on_message(message)

    async def _send(self) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self._socket.send_json(await self._queue.get())
