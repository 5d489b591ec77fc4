"""What is answered at an address that no route has, or that takes no such method."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Match, Route

from callcrm.base.errors import CallcrmError
from callcrm.i18n.locale import Locale
from callcrm.web import error_pages
from callcrm.web.context import web_of
from callcrm.web.routes import authenticate, page_of
from callcrm.web.security import PLAIN, SAFE_METHODS, local_path

# Programs live there: they read no page. What is unknown below /api/v1 gets the API's own problem document.
FOR_PROGRAMS = ("/api", "/webhooks", "/static", "/prompts", "/healthz", "/readyz", "/metrics")


async def unknown_address(request: Request, fault: Exception) -> Response:
    """Our page with a way on, in the visitor's language, signed in or not; a program gets plain text."""
    assert isinstance(fault, HTTPException)
    if _is_under(request.url.path, FOR_PROGRAMS):
        return PlainTextResponse(fault.detail, fault.status_code, headers=fault.headers)
    if path := _without_slash(request):
        return RedirectResponse(path, 308)
    web = web_of(request)
    try:
        response = await _page(request, fault.status_code)
    except CallcrmError as failure:
        response = error_pages.error_page_without_store(request, web, failure)
    response.headers.update(fault.headers or {})
    response.headers["Content-Security-Policy"] = PLAIN.header(framed=web.framed)
    return response


def _without_slash(request: Request) -> str | None:
    """The path and query of the page that is meant by one with slashes at its end; None if there is none.

    No host is in it, for the Host header is the client's. Programs are not led on.
    """
    path, scope = request.url.path.rstrip("/"), request.scope
    if request.method not in SAFE_METHODS or path in ("", request.url.path) or local_path(path) != path:
        return None
    wanted = {**scope, "path": path, "root_path": ""}
    routes = request.app.routes
    if not any(route.matches(wanted)[0] is Match.FULL for route in routes if isinstance(route, Route)):
        return None
    return f"{path}?{request.url.query}" if request.url.query else path


def _is_under(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


async def _page(request: Request, status: int) -> Response:
    web, (user, decided) = web_of(request), await authenticate(request)
    if user is not None:
        page = page_of(request, web, user, decided)
        name = "_error.html" if request.headers.get("hx-request") else "not_found.html"
        return page.respond(name, status, status=status, message=_message(page.locale, status))
    language = error_pages.language_of(request)
    context = {"status": status, "message": _message(web.locales[language], status)}
    text = web.templates[language].page("session/not_found.html", error_pages.nobody(request) | context)
    return HTMLResponse(text, status)


def _message(locale: Locale, status: int) -> str:
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return locale._("This address does not take what was sent to it.")
    return locale._("No page has this address. It may be misspelt, or what was there is gone.")
