"""What every answer carries, and what is measured of every webhook."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callcrm import metrics
from callcrm.base.clock import Clock

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
HSTS = "max-age=31536000; includeSubDomains"


class Guarded:
    """Puts the security headers on every answer that does not bring its own, errors and streams included."""

    def __init__(self, app: ASGIApp, *, over_tls: bool) -> None:
        self._app = app
        wanted = HEADERS | ({"Strict-Transport-Security": HSTS} if over_tls else {})
        self._headers = [(name.lower().encode(), value.encode()) for name, value in wanted.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, complete the answer's headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                there = {name.lower() for name, _ in given}
                message["headers"] = [*given, *(one for one in self._headers if one[0] not in there)]
            await send(message)

        await self._app(scope, receive, complete)


class Measured:
    """Counts and times every webhook by its route and result."""

    def __init__(self, app: ASGIApp, *, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and measure it if it is the carrier's."""
        if scope["type"] != "http" or not scope["path"].startswith(metrics.WEBHOOK_ROOT):
            await self._app(scope, receive, send)
            return
        started, status = self._clock.monotonic(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            metrics.webhook_answered(
                metrics.route_of(scope["path"]), f"{status // 100}xx", self._clock.monotonic() - started
            )
