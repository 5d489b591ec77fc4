"""Errors as pages, parts and JSON: what is wrong, and what still works."""

import re
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from callcrm.base.errors import CallcrmError
from callcrm.edge.cookies import cookie
from callcrm.edge.status import status_of
from callcrm.i18n import labels
from callcrm.i18n.locale import LANGUAGES, Locale, preferred
from callcrm.store.store import StoreDown, StoreUndecided
from callcrm.web.context import WebContext
from callcrm.web.page import Page

NUMBER = re.compile(r"\+?\d[\d ()]*")


def error_page(page: Page, fault: CallcrmError) -> Response:
    """The error for a signed-in user: a page, or for htmx a part."""
    status, part = status_of(fault), page.request.headers.get("hx-request")
    name = "_error.html" if part else "error.html"
    return page.respond(name, status, status=status, message=error_text(page.locale, fault))


def error_json(page: Page, fault: CallcrmError) -> Response:
    """The error as JSON, for a script of ours."""
    return JSONResponse({"message": error_text(page.locale, fault)}, status_of(fault))


def error_page_without_store(request: Request, web: WebContext, fault: CallcrmError) -> Response:
    """The error for a user who can't be identified because the store is down."""
    language = language_of(request)
    context = {"status": status_of(fault), "message": error_text(web.locales[language], fault)}
    text = web.templates[language].page("error.html", nobody(request) | context)
    return HTMLResponse(text, status_of(fault))


def nobody(request: Request) -> dict[str, object]:
    """The template context for a user who is not signed in."""
    return {"current_user": None, "now": None, "here": request.url.path}


def error_text(locale: Locale, fault: CallcrmError) -> str:
    """The error's text in this language; for a store that is down, without the cause."""
    if isinstance(fault, StoreUndecided):
        return locale._("Nobody can say yet whether that was saved. Look before you do it again.")
    if isinstance(fault, StoreDown):
        return locale._("Try again in a moment.")
    values = {name: _written(locale, name, value) for name, value in fault.values.items()}
    return locale._(fault.message, **values)


def _written(locale: Locale, name: str, value: object) -> str:
    """A value within an error's text, as this language writes it."""
    names = {"role": labels.role, "country": labels.country, "what": labels.agent_field}
    if name in names:
        return names[name](locale, str(value))
    if isinstance(value, int | float | Decimal):
        return locale.number(float(value))
    return locale.digits(value) if NUMBER.fullmatch(str(value)) else str(value)


def language_of(request: Request) -> str:
    """The language of a user who is not signed in: chosen before, else the browser's preference."""
    chosen = request.query_params.get("lang") or cookie(request, "callcrm-language")
    if chosen in LANGUAGES:
        return chosen
    return preferred(request.headers.get("accept-language", ""))
