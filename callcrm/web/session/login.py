"""Signing in and out."""

from functools import partial

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from callcrm.agents import login, login_throttle, sessions, user_fields
from callcrm.agents.login_throttle import Throttled
from callcrm.base.errors import TooMany, Unavailable
from callcrm.base.ids import new_secret
from callcrm.base.text import is_storable
from callcrm.web import security
from callcrm.web.context import WebContext, web_of
from callcrm.web.page import Page
from callcrm.web.routes import FORM_LIMIT, post
from callcrm.web.session import signed_out
from callcrm.web.session.client_ip import client_ip_of

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
    return request.cookies.get(security.cookie_name(web.services.settings), "")


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
    web, form = web_of(request), await request.form()
    email, password = signed_out.text_of(form, "email").strip(), signed_out.text_of(form, "password")
    refuse = partial(_form, request, web, email=email)
    if not signed_out.is_valid_form(request, web, form):
        return refuse(403, "elsewhere")
    try:
        return await _check_password(request, web, email, password) or refuse(401, "wrong")
    except Throttled as fault:
        log.warning("sign-in throttled")
        return refuse(429, "throttled", wait=fault.seconds)
    except TooMany:
        return refuse(429, "busy", wait=BUSY_RETRY)
    except Unavailable:
        return refuse(503, "limited", wait=STORE_RETRY)


async def _check_password(request: Request, web: WebContext, email: str, password: str) -> Response | None:
    services = web.services
    if not is_storable(email) or len(email) > user_fields.LONGEST_EMAIL:
        email = ""
    client_ip = client_ip_of(request, services.settings)
    count = partial(
        login.begin_attempt,
        email=email.lower(),
        client_ip=client_ip,
        known_browser=_known_browser(request, web),
        now=services.clock.now(),
    )
    attempt = await services.store.write(count, lock=f"sign in {client_ip}")
    if not await web.passwords.verify(password, attempt.password_hash) or attempt.user_id is None:
        log.warning("sign-in refused", user=attempt.user_id)
        return None
    if attempt.disabled:
        log.warning("sign-in of somebody disabled", user=attempt.user_id)
        return _form(request, web, 403, "disabled", email)
    success = partial(login_throttle.record_success, keys=attempt.keys, counted=attempt.counted)
    await services.store.write(success)
    return await admit(request, web, attempt.user_id, _next(request))


def _known_browser(request: Request, web: WebContext) -> str:
    secret = request.cookies.get(security.cookie_name(web.services.settings, "browser"), "")
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
    response = RedirectResponse(path, 303)
    settings, seconds = services.settings, int(login_throttle.BROWSER_RETENTION.total_seconds())
    security.set_cookie(response, settings, security.cookie_name(settings), secret)
    security.set_cookie(
        response, settings, security.cookie_name(settings, "browser"), known_browser, seconds=seconds
    )
    signed_out.drop_form_token(response, web)
    return response


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
    Route("/login", sign_in, methods=["POST"], max_body_size=FORM_LIMIT),
    post("/logout", sign_out),
]
