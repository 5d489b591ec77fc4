"""Proxies that serve an app below a prefix: one that strips it, and one that passes it on."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.testclient import TestClient

from tests.running import free_port

PREFIX = "/crm"


@dataclass
class PrefixedClient:
    """Stands in for a TestClient: what it requests reaches the app as from a proxy at `PREFIX`.

    Paths may be those of routes, as tests write them, or with the prefix, as pages have them.
    """

    inner: TestClient
    strips: bool

    @property
    def cookies(self) -> Any:
        """The cookies of the client."""
        return self.inner.cookies

    def get(self, path: str, **options: Any) -> Any:
        """The response to a GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Any:
        """The response to a POST."""
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> Any:
        """The response to a request through the proxy."""
        bare = path.removeprefix(PREFIX) or "/"
        return self.inner.request(method, bare if self.strips else PREFIX + bare, **options)


@dataclass
class ProxyThread:
    """A proxy on a port of this machine: HTTP, event streams and WebSockets, one request a connection.

    Whatever is requested is appended to `requested`; outside `PREFIX` it gets 404, and is in `outside` too.
    """

    target: int
    strips: bool
    port: int = field(default_factory=free_port)
    requested: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The public URL of the app behind it."""
        return f"http://127.0.0.1:{self.port}{PREFIX}"

    @contextmanager
    def running(self) -> Iterator["ProxyThread"]:
        """The proxy, while the block runs."""
        begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        thread = threading.Thread(target=lambda: asyncio.run(self._run(begun)), daemon=True)
        thread.start()
        loop, stop = begun.result(10)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)

    async def _run(self, begun: "Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]") -> None:
        stop = asyncio.Event()
        async with await asyncio.start_server(self._serve, "127.0.0.1", self.port):
            begun.set_result((asyncio.get_running_loop(), stop))
            await stop.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._pass_on(reader, writer)
        finally:
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        request_line, _, headers = head.partition(b"\r\n")
        method, target, version = request_line.split(b" ")
        forwarded = self._forwarded(target.decode())
        if forwarded is None:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            first = b" ".join((method, forwarded.encode(), version))
            await self._splice(first + b"\r\n" + _closing(headers), reader, writer)

    def _forwarded(self, target: str) -> str | None:
        path, question, query = target.partition("?")
        self.requested.append(target)
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            self.outside.append(target)
            return None
        return (path.removeprefix(PREFIX) or "/" if self.strips else path) + question + query

    async def _splice(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, to_app = await asyncio.open_connection("127.0.0.1", self.target)
        to_app.write(head)
        both = [asyncio.ensure_future(_copy(*way)) for way in ((reader, to_app), (back, writer))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in both:
                way.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            to_app.close()


def _closing(headers: bytes) -> bytes:
    """The headers with `Connection: close`, but for a WebSocket's: each request is routed by itself."""
    if b"\r\nupgrade: websocket" in b"\r\n" + headers.lower():
        return headers
    lines = [line for line in headers.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([b"Connection: close", *lines])


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
