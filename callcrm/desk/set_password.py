"""The page behind a one-time link, where somebody sets their password and is signed in."""

from functools import partial

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callcrm.agents import users
from callcrm.base.errors import CallcrmError, Refused, TooMany, Unavailable
from callcrm.desk import faults, stranger
from callcrm.desk.login import admit
from callcrm.desk.page import House, house_of
from callcrm.desk.routes import FORM_LIMIT

log = structlog.get_logger()


async def ask(request: Request) -> Response:
    """The form; looking at it leaves the link good."""
    house = house_of(request)
    try:
        name = await _whose(request, house)
    except CallcrmError as fault:
        return _lost(request, house, fault)
    return _form(request, house, 200, name)


async def _whose(request: Request, house: House) -> str:
    verb = partial(users.whose_link, secret=request.path_params["secret"], now=house.services.clock())
    return (await house.services.store.read(verb)).name


def _form(request: Request, house: House, status: int, name: str, said: str = "") -> Response:
    advice = {"least": users.SHORTEST_PASSWORD, "advised": users.ADVISED_PASSWORD}
    return stranger.show(request, house, "set-password.html", status, name=name, said=said, **advice)


def _lost(request: Request, house: House, fault: CallcrmError) -> Response:
    said = "limited" if isinstance(fault, Unavailable) else "lost"
    return stranger.show(request, house, "set-password.html", faults.status_of(fault), name="", said=said)


async def keep(request: Request) -> Response:
    """The password is set, every earlier session is over, and a new one begins."""
    house, form = house_of(request), await request.form()
    try:
        name = await _whose(request, house)
        if not stranger.is_ours(request, house, form):
            return _form(request, house, 403, name, "elsewhere")
        return await _kept(request, house, stranger.text_of(form, "password"))
    except TooMany:
        return _form(request, house, 429, name, "busy")
    except Refused as fault:
        if fault.field == "password":
            return _form(request, house, 422, name, "unfit")
        return _lost(request, house, fault)
    except Unavailable as fault:
        return _lost(request, house, fault)


async def _kept(request: Request, house: House, password: str) -> Response:
    hashed = await house.passwords.hashed(password)
    secret, now = request.path_params["secret"], house.services.clock()
    verb = partial(users.set_password, secret=secret, hashed=hashed, now=now)
    user = await house.services.store.write(verb)
    log.info("password set by link", user=user.id)
    return await admit(request, house, user.id, "/")


routes = [
    Route("/set-password/{secret}", ask, methods=["GET"]),
    Route("/set-password/{secret}", keep, methods=["POST"], max_body_size=FORM_LIMIT),
]
