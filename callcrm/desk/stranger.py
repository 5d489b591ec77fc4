"""Pages for whoever is not signed in: their language, and a token that their form must bring back."""

import re

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from callcrm.base.ids import new_secret
from callcrm.desk import faults, guard
from callcrm.desk.page import House
from callcrm.desk.words import LANGUAGES

LANGUAGE_COOKIE = "callcrm-language"
YEAR = 365 * 24 * 3600
TOKEN = re.compile(r"[\w-]{43}", re.ASCII)


def show(
    request: Request, house: House, template: str, status: int = 200, /, **context: object
) -> HTMLResponse:
    """A page; the token in its form is the one in its cookie."""
    settings, language = house.services.settings, faults.language_of(request)
    given = request.cookies.get(guard.cookie_name(settings, "form"), "")
    token = given if TOKEN.fullmatch(given) else new_secret()
    known = {"who": None, "now": None, "here": request.url.path, "token": token}
    policy = {"Content-Security-Policy": guard.policy(framed=house.framed)}
    answer = HTMLResponse(house.drawn[language].page(template, {**known, **context}), status, headers=policy)
    if token != given:
        guard.set_cookie(answer, settings, guard.cookie_name(settings, "form"), token)
    if request.query_params.get("lang") in LANGUAGES:
        guard.set_cookie(answer, settings, LANGUAGE_COOKIE, language, seconds=YEAR)
    return answer


def is_ours(request: Request, house: House, form: FormData) -> bool:
    """Whether the form is one we showed to this browser."""
    settings = house.services.settings
    token = request.cookies.get(guard.cookie_name(settings, "form"), "")
    known = TOKEN.fullmatch(token) is not None
    return known and guard.from_us(request, settings) and guard.proves(form.get(guard.FIELD), token)


def done_with(answer: Response, house: House) -> None:
    """The form did its work: the next one gets another token."""
    settings = house.services.settings
    guard.set_cookie(answer, settings, guard.cookie_name(settings, "form"), "")


def text_of(form: FormData, name: str) -> str:
    """A field of the form; nothing for a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
