"""The page behind a password link."""

from functools import partial

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callcrm.agents import passwords
from callcrm.agents.access.weak_passwords import own_words
from callcrm.base.errors import CallcrmError, Refused, TooMany, Unavailable
from callcrm.edge.forms import read_form
from callcrm.edge.status import status_of
from callcrm.models import User
from callcrm.web.context import WebContext, web_of
from callcrm.web.session import signed_out
from callcrm.web.session.login import admit
from callcrm.web.session.passwords import problem_of

log = structlog.get_logger()


async def set_password_page(request: Request) -> Response:
    """The form; opening it does not use up the link."""
    web = web_of(request)
    try:
        user = await _user(request, web)
    except CallcrmError as fault:
        return _link_error(request, web, fault)
    return _form(request, web, 200, user.name)


async def _user(request: Request, web: WebContext) -> User:
    verb = partial(passwords.link_user, secret=request.path_params["secret"], now=web.services.clock.now())
    return await web.services.store.read(verb)


def _form(request: Request, web: WebContext, status: int, name: str, problem: str = "") -> Response:
    advice = {"least": passwords.MIN_LENGTH, "advised": passwords.ADVISED_LENGTH}
    return signed_out.render_page(
        request, web, "session/set_password.html", status, name=name, problem=problem, **advice
    )


def _link_error(request: Request, web: WebContext, fault: CallcrmError) -> Response:
    problem = "limited" if isinstance(fault, Unavailable) else "lost"
    return signed_out.render_page(
        request, web, "session/set_password.html", status_of(fault), name="", problem=problem
    )


async def set_password(request: Request) -> Response:
    """Sets the password, ends all sessions and begins a new one."""
    web, form = web_of(request), await read_form(request)
    try:
        user = await _user(request, web)
        if not signed_out.is_valid_form(request, web, form):
            return _form(request, web, 403, user.name, "elsewhere")
        return await _set_password(request, web, user, signed_out.text_of(form, "password"))
    except TooMany:
        return _form(request, web, 429, user.name, "busy")
    except Refused as fault:
        if fault.field == "password":
            return _form(request, web, 422, user.name, problem_of(fault))
        return _link_error(request, web, fault)
    except Unavailable as fault:
        return _link_error(request, web, fault)


async def _set_password(request: Request, web: WebContext, user: User, password: str) -> Response:
    words = own_words(user.name, user.email, web.services.settings.public_url)
    hashed = await web.passwords.hashed(password, words)
    secret, now = request.path_params["secret"], web.services.clock.now()
    verb = partial(passwords.set_password_by_link, secret=secret, hashed=hashed, now=now)
    await web.services.store.write(verb)
    log.info("password set by link", user=user.id)
    return await admit(request, web, user.id, "/")


routes = [
    Route("/set-password/{secret}", set_password_page, methods=["GET"]),
    Route("/set-password/{secret}", set_password, methods=["POST"], max_body_size=signed_out.MAX_BODY),
]
