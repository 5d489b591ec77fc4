"""The check of every webhook: size, form, signature. What does not pass leaves no trace but a count."""

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from callcrm import metrics
from callcrm.carrier import signature
from callcrm.carrier.form import Form, NotAForm, parse

MAX_BODY = 512 * 1024  # bytes; far beyond any form of the carrier
FORM_TYPE = "application/x-www-form-urlencoded"
log = structlog.get_logger()


class BodyTooLong(Exception):
    """The body is longer than any carrier sends."""


class SignatureMiddleware:
    """Lets signed forms through, parsed, as `scope["form"]`; answers everything else itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """413, 403 or 400 for what is too long, not signed, or no form."""
        refusal = await self._check(scope, receive)
        await (refusal or self._app)(scope, receive, send)

    async def _check(self, scope: Scope, receive: Receive) -> Response | None:
        request = Request(scope, receive)
        try:
            body = await _read_body(request)
            form = parse(body) if _is_form(request) else None
        except BodyTooLong:
            return PlainTextResponse("The body is too long.", 413)
        except NotAForm:
            return PlainTextResponse("The form has too many fields.", 400)
        # What is no form is checked with no fields: its sender learns nothing before it has signed.
        fields = form or Form([])
        if fields.broken and _is_signed(request, repaired := fields.repaired()):
            form = fields = repaired
        if not _is_signed(request, fields):
            observed = request.app.state.services.settings.signatures == "observe"
            route = metrics.route_of(scope["path"])
            metrics.signature_refused(route, observed=observed)
            log.warning("signature does not fit", route=route, observed=observed)
            if not observed:
                return PlainTextResponse("The signature does not fit.", 403)
        if form is None and request.method == "POST":
            return PlainTextResponse("The body is not a form.", 400)
        scope["form"] = form or Form([])  # no form is no POST here, which no route takes
        return None


async def _read_body(request: Request) -> bytes:
    """The body; BodyTooLong as soon as it is, whatever its Content-Length claims."""
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > MAX_BODY:
        raise BodyTooLong
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise BodyTooLong
    return bytes(body)


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM_TYPE


def _is_signed(request: Request, form: Form) -> bool:
    settings = request.app.state.services.settings
    header = request.headers.get(signature.HEADER)
    target = raw_target(request.scope)
    return signature.verify(settings.public_url, target, form, header, settings.auth_tokens)


def raw_target(scope: Scope) -> str:
    """Path and query exactly as requested: the carrier signs them undecoded."""
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path
