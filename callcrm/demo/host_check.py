"""Lets in requests that mean this machine alone.

The demo signs in whoever asks. A foreign page whose name is made to lead here (DNS rebinding) would be let in
as an administrator, were it not for the Host header, which names the page's own site.
"""

from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from callcrm.edge.hosts import host_of_origin

NAMES = ("127.0.0.1", "localhost", "[::1]")


class HostCheck:
    """Answers 421 to other hosts, and 403 to other origins wherever one is said."""

    def __init__(self, app: ASGIApp, url: str) -> None:
        self._app = app
        self._url = url
        port = urlsplit(url).port or 80
        self._hosts = {f"{name}:{port}" for name in NAMES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what means this machine."""
        status = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if status is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            text = f"This demo is at {self._url} and answers to no other name.\n"
            await PlainTextResponse(text, status)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> int | None:
        headers = {name.lower(): value.decode("latin-1").lower() for name, value in scope["headers"]}
        origin = headers.get(b"origin", "null")
        if headers.get(b"host", "") not in self._hosts:
            return 421
        return None if origin == "null" or host_of_origin(origin) in self._hosts else 403
