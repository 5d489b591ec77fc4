"""ASGI middleware of the whole app: security headers, metrics of webhooks, and requests that break off."""

from typing import Literal

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callcrm import metrics
from callcrm.base.clock import Clock

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
}
HSTS = {"host": "max-age=31536000", "subdomains": "max-age=31536000; includeSubDomains"}


class SecurityHeaders:
    """Adds the security headers a response does not set itself, errors and streams included."""

    def __init__(self, app: ASGIApp, *, hsts: Literal["off", "host", "subdomains"]) -> None:
        self._app = app
        headers = HEADERS | ({} if hsts == "off" else {"Strict-Transport-Security": HSTS[hsts]})
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on and completes the response's headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                names = {name.lower() for name, _ in headers}
                message["headers"] = [
                    *headers,
                    *(header for header in self._headers if header[0] not in names),
                ]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class WebhookMetrics:
    """Counts and times every webhook by its route and the class of its status."""

    def __init__(self, app: ASGIApp, *, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, and measures it if it is a webhook's."""
        if scope["type"] != "http" or not scope["path"].startswith(metrics.WEBHOOK_ROOT):
            await self._app(scope, receive, send)
            return
        # 500 until a response starts: an exception may end the request before one does.
        started, status = self._clock.monotonic(), 500

        async def send_watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_watched)
        finally:
            metrics.webhook_answered(
                metrics.route_of(scope["path"]), f"{status // 100}xx", self._clock.monotonic() - started
            )


class ClientDisconnects:
    """Ends requests whose client has gone in the middle of the body, which is no error of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on; nobody is there to read the response."""
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            await Response(status_code=400)(scope, receive, send)
