"""Signing in and out."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from sqlmodel import Session, select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from callcrm.agents import attempts, signins, signouts, states, users
from callcrm.agents.attempts import Gate, Throttled
from callcrm.base.errors import NotFound, TooMany, Unavailable
from callcrm.base.ids import new_secret
from callcrm.base.text import is_storable
from callcrm.desk import guard, stranger
from callcrm.desk.origin import origin
from callcrm.desk.page import House, Page, house_of
from callcrm.desk.routes import FORM_LIMIT, post
from callcrm.models import Agent, AgentState, User

LOOK = 1.0  # seconds the store may take to show that it is there
SOON = 5
BACK_SOON = 15
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Knock:
    """An attempt that was counted, and of whom."""

    user_id: str | None
    password_hash: str | None
    disabled: bool
    through: tuple[Gate, ...]
    counted: list[str]


async def ask(request: Request) -> Response:
    """The form to sign in with; whoever is signed in already goes on."""
    house = house_of(request)
    try:
        if await _already(request, house):
            return RedirectResponse(_next(request), 303)
    except Unavailable:
        return _form(request, house, 503, said="limited")
    return _form(request, house)


async def _already(request: Request, house: House) -> bool:
    secret, now = _secret(request, house), house.services.clock()
    if not secret:
        await house.services.store.read(lambda session: session.exec(select(1)).one(), deadline=LOOK)
        return False
    verb = partial(signins.signed_in, secret=secret, now=now)
    return await house.services.store.read(verb, deadline=LOOK) is not None


def _secret(request: Request, house: House) -> str:
    return request.cookies.get(guard.cookie_name(house.services.settings), "")


def _form(
    request: Request, house: House, status: int = 200, said: str = "", email: str = "", wait: int = 0
) -> Response:
    context = {"said": said, "email": email, "next": _next(request), "minutes": -(-wait // 60)}
    answer = stranger.show(request, house, "login.html", status, **context)
    if wait:
        answer.headers["Retry-After"] = str(wait)
    return answer


def _next(request: Request) -> str:
    return guard.path_of_ours(request.query_params.get("next", ""))


async def sign_in(request: Request) -> Response:
    """A session for whoever knows the password."""
    house, form = house_of(request), await request.form()
    email, password = stranger.text_of(form, "email").strip(), stranger.text_of(form, "password")
    refuse = partial(_form, request, house, email=email)
    if not stranger.is_ours(request, house, form):
        return refuse(403, "elsewhere")
    try:
        return await _let_in(request, house, email, password) or refuse(401, "wrong")
    except Throttled as fault:
        log.warning("sign-in throttled")
        return refuse(429, "throttled", wait=fault.seconds)
    except TooMany:
        return refuse(429, "busy", wait=SOON)
    except Unavailable:
        return refuse(503, "limited", wait=BACK_SOON)


async def _let_in(request: Request, house: House, email: str, password: str) -> Response | None:
    services, place = house.services, _place(request, house)
    if not is_storable(email) or len(email) > users.LONGEST_EMAIL:
        email = ""
    where = origin(request, services.settings)
    knock = partial(_knock, email=email.lower(), origin=where, place=place, now=services.clock())
    found = await services.store.write(knock, lock=f"sign in {where}")
    if not await house.passwords.fits(password, found.password_hash) or found.user_id is None:
        log.warning("sign-in refused", user=found.user_id)
        return None
    if found.disabled:
        log.warning("sign-in of somebody disabled", user=found.user_id)
        return _form(request, house, 403, "disabled", email)
    await services.store.write(partial(attempts.passed, through=found.through, counted=found.counted))
    return await admit(request, house, found.user_id, _next(request))


def _place(request: Request, house: House) -> str:
    given = request.cookies.get(guard.cookie_name(house.services.settings, "place"), "")
    return given if stranger.TOKEN.fullmatch(given) else ""


def _knock(session: Session, *, email: str, origin: str, place: str, now: datetime) -> Knock:
    try:
        user: User | None = users.user_by_email(session, email)
    except NotFound:
        user = None
    known = bool(user and place and attempts.knows(session, place, user.id))
    through = attempts.gates(email, origin, place if known else None)
    counted = attempts.enter(session, through, now)
    if user is None:
        return Knock(None, None, False, through, counted)
    return Knock(user.id, user.password_hash, user.disabled_at is not None, through, counted)


async def admit(request: Request, house: House, user_id: str, path: str) -> Response:
    """The way in, with a session of its own: one that the browser brought along is over."""
    services, now = house.services, house.services.clock()
    place = _place(request, house) or new_secret()
    old, browser = _secret(request, house), request.headers.get("user-agent", "")

    def begin(session: Session) -> str:
        if old:
            signouts.end_by_secret(session, old)
        attempts.remember(session, place, user_id, now)
        return signins.begin(session, user_id, browser, now)

    secret = await services.store.write(begin)
    log.info("signed in", user=user_id)
    answer = RedirectResponse(path, 303)
    settings, kept = services.settings, int(attempts.PLACES_ARE_KEPT.total_seconds())
    guard.set_cookie(answer, settings, guard.cookie_name(settings), secret)
    guard.set_cookie(answer, settings, guard.cookie_name(settings, "place"), place, seconds=kept)
    stranger.done_with(answer, house)
    return answer


async def sign_out(page: Page) -> Response:
    """The session is over, here and at the server; an agent signed in nowhere else goes offline."""
    await page.write(partial(_leave, signin_id=page.who.signin_id, user_id=page.who.user_id, now=page.now))
    log.info("signed out", user=page.who.user_id)
    answer = page.go("/login")
    settings = page.services.settings
    guard.set_cookie(answer, settings, guard.cookie_name(settings), "")
    answer.headers["Clear-Site-Data"] = '"cache"'  # what is unsaved in its storage is not ours to drop
    return answer


def _leave(session: Session, signin_id: str, user_id: str, now: datetime) -> None:
    signouts.end(session, signin_id, user_id)
    if session.get(Agent, user_id) and not signins.of_user(session, user_id, now):
        states.set_state(session, user_id, AgentState.OFFLINE, now)


routes = [
    Route("/login", ask, methods=["GET"]),
    Route("/login", sign_in, methods=["POST"], max_body_size=FORM_LIMIT),
    post("/logout", sign_out),
]
