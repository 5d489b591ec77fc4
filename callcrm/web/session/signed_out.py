"""Pages for whoever is not signed in: their language, and a token that their form must bring back."""

import re

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from callcrm.base.ids import new_secret
from callcrm.edge.cookies import cookie
from callcrm.i18n.locale import LANGUAGES
from callcrm.web import error_pages, security
from callcrm.web.context import WebContext

LANGUAGE_COOKIE = "callcrm-language"
YEAR = 365 * 24 * 3600
MAX_BODY = 32 * 1024  # bytes of a form that anybody may send: an address and a password are far fewer
TOKEN = re.compile(r"[\w-]{43}", re.ASCII)


def render_page(
    request: Request, web: WebContext, template: str, status: int = 200, /, **context: object
) -> HTMLResponse:
    """A page; the token in its form is the one in its cookie."""
    settings, language = web.services.settings, error_pages.language_of(request)
    present = cookie(request, security.cookie_name(settings, "form"))
    token = present if TOKEN.fullmatch(present) else new_secret()
    common = error_pages.nobody(request) | {"token": token}
    policy = {"Content-Security-Policy": security.PLAIN.header(framed=web.framed)}
    response = HTMLResponse(
        web.templates[language].page(template, {**common, **context}), status, headers=policy
    )
    if token != present:
        security.set_cookie(response, settings, security.cookie_name(settings, "form"), token)
    if request.query_params.get("lang") in LANGUAGES:
        security.set_cookie(response, settings, LANGUAGE_COOKIE, language, seconds=YEAR)
    return response


def is_valid_form(request: Request, web: WebContext, form: FormData) -> bool:
    """Whether the form is one we showed to this browser."""
    settings = web.services.settings
    token = cookie(request, security.cookie_name(settings, "form"))
    if not TOKEN.fullmatch(token) or not security.is_same_origin(request, settings):
        return False
    return security.tokens_match(form.get(security.FIELD), token)


def drop_form_token(response: Response, web: WebContext) -> None:
    """The form did its work: the next one gets another token."""
    settings = web.services.settings
    security.set_cookie(response, settings, security.cookie_name(settings, "form"), "")


def text_of(form: FormData, name: str) -> str:
    """A field of the form; nothing for a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
