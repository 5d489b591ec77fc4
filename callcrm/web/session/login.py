"""Signing in and out."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from sqlmodel import Session, select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from callcrm.agents import login_throttle, sessions, states, users
from callcrm.agents.login_throttle import Throttled, ThrottleKey
from callcrm.base.errors import NotFound, TooMany, Unavailable
from callcrm.base.ids import new_secret
from callcrm.base.text import is_storable
from callcrm.models import Agent, AgentState, User
from callcrm.web import security
from callcrm.web.context import WebContext, web_of
from callcrm.web.page import Page
from callcrm.web.routes import FORM_LIMIT, post
from callcrm.web.session import anonymous
from callcrm.web.session.client_ip import origin

LOOK = 1.0  # seconds the store may take to show that it is there
SOON = 5
BACK_SOON = 15
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LoginTry:
    """An attempt that was counted, and of whom."""

    user_id: str | None
    password_hash: str | None
    disabled: bool
    through: tuple[ThrottleKey, ...]
    counted: list[str]


async def ask(request: Request) -> Response:
    """The form to sign in with; whoever is signed in already goes on."""
    web = web_of(request)
    try:
        if await _already(request, web):
            return RedirectResponse(_next(request), 303)
    except Unavailable:
        return _form(request, web, 503, said="limited")
    return _form(request, web)


async def _already(request: Request, web: WebContext) -> bool:
    secret, now = _secret(request, web), web.services.clock.now()
    if not secret:
        await web.services.store.read(lambda session: session.exec(select(1)).one(), deadline=LOOK)
        return False
    verb = partial(sessions.signed_in, secret=secret, now=now)
    return await web.services.store.read(verb, deadline=LOOK) is not None


def _secret(request: Request, web: WebContext) -> str:
    return request.cookies.get(security.cookie_name(web.services.settings), "")


def _form(
    request: Request, web: WebContext, status: int = 200, said: str = "", email: str = "", wait: int = 0
) -> Response:
    context = {"said": said, "email": email, "next": _next(request), "minutes": -(-wait // 60)}
    answer = anonymous.show(request, web, "session/login.html", status, **context)
    if wait:
        answer.headers["Retry-After"] = str(wait)
    return answer


def _next(request: Request) -> str:
    return security.path_of_ours(request.query_params.get("next", ""))


async def sign_in(request: Request) -> Response:
    """A session for whoever knows the password."""
    web, form = web_of(request), await request.form()
    email, password = anonymous.text_of(form, "email").strip(), anonymous.text_of(form, "password")
    refuse = partial(_form, request, web, email=email)
    if not anonymous.is_ours(request, web, form):
        return refuse(403, "elsewhere")
    try:
        return await _let_in(request, web, email, password) or refuse(401, "wrong")
    except Throttled as fault:
        log.warning("sign-in throttled")
        return refuse(429, "throttled", wait=fault.seconds)
    except TooMany:
        return refuse(429, "busy", wait=SOON)
    except Unavailable:
        return refuse(503, "limited", wait=BACK_SOON)


async def _let_in(request: Request, web: WebContext, email: str, password: str) -> Response | None:
    services, place = web.services, _place(request, web)
    if not is_storable(email) or len(email) > users.LONGEST_EMAIL:
        email = ""
    where = origin(request, services.settings)
    knock = partial(_knock, email=email.lower(), origin=where, place=place, now=services.clock.now())
    found = await services.store.write(knock, lock=f"sign in {where}")
    if not await web.passwords.fits(password, found.password_hash) or found.user_id is None:
        log.warning("sign-in refused", user=found.user_id)
        return None
    if found.disabled:
        log.warning("sign-in of somebody disabled", user=found.user_id)
        return _form(request, web, 403, "disabled", email)
    await services.store.write(partial(login_throttle.passed, through=found.through, counted=found.counted))
    return await admit(request, web, found.user_id, _next(request))


def _place(request: Request, web: WebContext) -> str:
    given = request.cookies.get(security.cookie_name(web.services.settings, "place"), "")
    return given if anonymous.TOKEN.fullmatch(given) else ""


def _knock(session: Session, *, email: str, origin: str, place: str, now: datetime) -> LoginTry:
    try:
        user: User | None = users.user_by_email(session, email)
    except NotFound:
        user = None
    known = bool(user and place and login_throttle.knows(session, place, user.id))
    through = login_throttle.throttle_keys(email, origin, place if known else None)
    counted = login_throttle.enter(session, through, now)
    if user is None:
        return LoginTry(None, None, False, through, counted)
    return LoginTry(user.id, user.password_hash, user.disabled_at is not None, through, counted)


async def admit(request: Request, web: WebContext, user_id: str, path: str) -> Response:
    """The way in, with a session of its own: one that the browser brought along is over."""
    services, now = web.services, web.services.clock.now()
    place = _place(request, web) or new_secret()
    old, browser = _secret(request, web), request.headers.get("user-agent", "")

    def begin(session: Session) -> str:
        if old:
            sessions.end_by_secret(session, old)
        login_throttle.remember(session, place, user_id, now)
        return sessions.begin(session, user_id, browser, now)

    secret = await services.store.write(begin)
    log.info("signed in", user=user_id)
    answer = RedirectResponse(path, 303)
    settings, kept = services.settings, int(login_throttle.PLACES_ARE_KEPT.total_seconds())
    security.set_cookie(answer, settings, security.cookie_name(settings), secret)
    security.set_cookie(answer, settings, security.cookie_name(settings, "place"), place, seconds=kept)
    anonymous.done_with(answer, web)
    return answer


async def sign_out(page: Page) -> Response:
    """The session is over, here and at the server; an agent signed in nowhere else goes offline."""
    await page.write(
        partial(_leave, session_id=page.user.session_id, user_id=page.user.user_id, now=page.now)
    )
    log.info("signed out", user=page.user.user_id)
    answer = page.go("/login")
    settings = page.services.settings
    security.set_cookie(answer, settings, security.cookie_name(settings), "")
    answer.headers["Clear-Site-Data"] = '"cache"'  # what is unsaved in its storage is not ours to drop
    return answer


def _leave(session: Session, session_id: str, user_id: str, now: datetime) -> None:
    sessions.end(session, session_id, user_id)
    if session.get(Agent, user_id) and not sessions.of_user(session, user_id, now):
        states.set_state(session, user_id, AgentState.OFFLINE, now)


routes = [
    Route("/login", ask, methods=["GET"]),
    Route("/login", sign_in, methods=["POST"], max_body_size=FORM_LIMIT),
    post("/logout", sign_out),
]
