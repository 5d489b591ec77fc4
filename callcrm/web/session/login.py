"""Signing in and out."""

from functools import partial

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from callcrm import metrics
from callcrm.agents import sessions, user_fields
from callcrm.agents.access import login, login_throttle
from callcrm.agents.access.login import LoginTry
from callcrm.agents.access.throttled import Throttled
from callcrm.agents.browser import kept_forms
from callcrm.base.errors import TooMany, Unavailable
from callcrm.base.ids import new_secret
from callcrm.base.text import is_storable
from callcrm.edge.client_networks import client_networks
from callcrm.edge.cookies import cookie
from callcrm.edge.forms import read_form
from callcrm.web import kept_form, security
from callcrm.web.context import WebContext, web_of
from callcrm.web.page import Page
from callcrm.web.routes import post
from callcrm.web.session import signed_out
from callcrm.web.session.passwords import Lane

STORE_TIMEOUT = 1.0  # seconds the store may take to show that it is there
BUSY_RETRY = 5
STORE_RETRY = 15
log = structlog.get_logger()


async def login_page(request: Request) -> Response:
    """The login form; a signed-in user is redirected."""
    web = web_of(request)
    try:
        if await _is_signed_in(request, web):
            return RedirectResponse(_next(request), 303)
    except Unavailable:
        return _form(request, web, 503, problem="limited")
    return _form(request, web)


async def _is_signed_in(request: Request, web: WebContext) -> bool:
    secret, now = _secret(request, web), web.services.clock.now()
    if not secret:
        await web.services.store.read(login.check_store, deadline=STORE_TIMEOUT)
        return False
    verb = partial(sessions.authenticate, secret=secret, now=now)
    return await web.services.store.read(verb, deadline=STORE_TIMEOUT) is not None


def _secret(request: Request, web: WebContext) -> str:
    return cookie(request, security.cookie_name(web.services.settings))


def _form(
    request: Request, web: WebContext, status: int = 200, problem: str = "", email: str = "", wait: int = 0
) -> Response:
    context = {"problem": problem, "email": email, "next": _next(request), "minutes": -(-wait // 60)}
    response = signed_out.render_page(request, web, "session/login.html", status, **context)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _next(request: Request) -> str:
    return security.local_path(request.query_params.get("next", ""))


async def sign_in(request: Request) -> Response:
    """Signs in with address and password."""
    web, form = web_of(request), await read_form(request)
    shown, password = signed_out.text_of(form, "email").strip(), signed_out.text_of(form, "password")
    refuse = partial(_form, request, web, email=shown)
    email = _email(shown)
    if not signed_out.is_valid_form(request, web, form):
        return refuse(403, "elsewhere")
    try:
        lane = await _lane(request, web, email)
        async with lane.place():
            return await _check_password(request, web, lane, email, password) or refuse(401, "wrong")
    except Throttled as fault:
        log.warning("sign-in throttled")
        metrics.login_attempted("throttled")
        return refuse(429, "throttled", wait=fault.seconds)
    except TooMany:
        metrics.login_attempted("busy")
        return refuse(429, "busy", wait=BUSY_RETRY)
    except Unavailable:
        return refuse(503, "limited", wait=STORE_RETRY)


def _email(text: str) -> str:
    """The address to look up; "" for what can be nobody's."""
    return text.lower() if is_storable(text) and len(text) <= user_fields.LONGEST_EMAIL else ""


async def _lane(request: Request, web: WebContext, email: str) -> Lane:
    """The queue in which the password is checked: unknown browsers never stand before known ones."""
    secret = _known_browser(request, web)
    verb = partial(login.knows_browser, email=email, known_browser=secret)
    is_known = bool(secret) and await web.services.store.read(verb, deadline=STORE_TIMEOUT)
    return web.passwords.known_browsers if is_known else web.passwords.unknown_browsers


async def _check_password(
    request: Request, web: WebContext, lane: Lane, email: str, password: str
) -> Response | None:
    attempt = await _begin_attempt(request, web, email)
    right = await web.passwords.verify(password, attempt.password_hash, lane=lane)
    if not right or attempt.user_id is None:
        log.warning("sign-in refused", user=attempt.user_id)
        metrics.login_attempted("wrong")
        return None
    if attempt.disabled:
        log.warning("sign-in of somebody disabled", user=attempt.user_id)
        metrics.login_attempted("disabled")
        return _form(request, web, 403, "disabled", email)
    await web.services.store.write(partial(login.record_success, attempt=attempt))
    metrics.login_attempted("succeeded")
    return await admit(request, web, attempt.user_id, _next(request))


async def _begin_attempt(request: Request, web: WebContext, email: str) -> LoginTry:
    services = web.services
    networks = client_networks(request, services.settings)
    count = partial(
        login.begin_attempt,
        email=email,
        networks=networks,
        known_browser=_known_browser(request, web),
        now=services.clock.now(),
    )
    # The lock is of the widest network: attempts at once are counted one after the other.
    attempt = await services.store.write(count, lock=f"sign in {networks[-1]}")
    if attempt.begins_attack:
        log.warning("account under attack", user=attempt.user_id)
        metrics.account_attacked()
    return attempt


def _known_browser(request: Request, web: WebContext) -> str:
    secret = cookie(request, security.cookie_name(web.services.settings, "browser"))
    return secret if signed_out.TOKEN.fullmatch(secret) else ""


async def admit(request: Request, web: WebContext, user_id: str, path: str) -> Response:
    """A redirect with the cookie of a new session; a session that the browser had before is ended."""
    services, now = web.services, web.services.clock.now()
    known_browser = _known_browser(request, web) or new_secret()
    begin = partial(
        login.sign_in,
        user_id=user_id,
        known_browser=known_browser,
        user_agent=request.headers.get("user-agent", ""),
        replaces=_secret(request, web),
        now=now,
    )
    secret = await services.store.write(begin)
    log.info("signed in", user=user_id)
    response = RedirectResponse(await _kept_form(request, web, user_id) or path, 303)
    settings, seconds = services.settings, int(login_throttle.BROWSER_RETENTION.total_seconds())
    security.set_cookie(response, settings, security.cookie_name(settings), secret)
    security.set_cookie(
        response, settings, security.cookie_name(settings, "browser"), known_browser, seconds=seconds
    )
    signed_out.drop_form_token(response, web)
    return response


async def _kept_form(request: Request, web: WebContext, user_id: str) -> str:
    """The way back into the user's form that was sent from this browser too late; "" without one."""
    secret, now = kept_form.secret_of(request, web), web.services.clock.now()
    find = partial(kept_forms.find, secret=secret, user_id=user_id, now=now)
    form = await web.services.store.read(find) if secret else None
    return kept_form.RESUME if form else ""


async def sign_out(page: Page) -> Response:
    """Ends the session; an agent with no other session goes offline."""
    await page.write(
        partial(login.sign_out, session_id=page.user.session_id, user_id=page.user.user_id, now=page.now)
    )
    log.info("signed out", user=page.user.user_id)
    response = page.redirect("/login")
    settings = page.services.settings
    security.set_cookie(response, settings, security.cookie_name(settings), "")
    response.headers["Clear-Site-Data"] = '"cache"'  # what is unsaved in its storage is not ours to drop
    return response


routes = [
    Route("/login", login_page, methods=["GET"]),
    Route("/login", sign_in, methods=["POST"], max_body_size=signed_out.MAX_BODY),
    post("/logout", sign_out),
]
