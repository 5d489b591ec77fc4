"""Signing in and out."""

import asyncio
from functools import partial
from urllib.parse import urlsplit

from pwdlib import PasswordHash
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from callcrm.agents import signins, users
from callcrm.base.errors import NotFound
from callcrm.desk import faults, guard
from callcrm.desk.page import House, Page, house_of
from callcrm.desk.routes import post

_hasher = PasswordHash.recommended()
_NOBODYS = _hasher.hash("nobody's password")


async def ask(request: Request) -> Response:
    """The form to sign in with."""
    house = house_of(request)
    return _form(request, house)


def _form(request: Request, house: House, status: int = 200, said: str = "", email: str = "") -> Response:
    language = faults.language_of(request)
    context = {"said": said, "email": email, "next": _next(request), "who": None, "now": None}
    text = house.drawn[language].page("login.html", {**context, "here": "/login"})
    policy = guard.policy(framed=house.framed)
    return HTMLResponse(text, status, headers={"Content-Security-Policy": policy})


def _next(request: Request) -> str:
    """A page of ours to go on to."""
    wanted = request.query_params.get("next", "")
    parts = urlsplit(wanted)
    ours = wanted.startswith("/") and not wanted.startswith("//") and not parts.netloc and "\\" not in wanted
    return wanted if ours else "/"


async def sign_in(request: Request) -> Response:
    """A session for whoever knows the password."""
    house = house_of(request)
    form = await request.form()
    email, password = str(form.get("email", "")), str(form.get("password", ""))
    if not guard.from_us(request):
        return _form(request, house, 403, said="elsewhere", email=email)
    services = house.services
    known = await services.store.read(partial(_credentials, email=email))
    right = await asyncio.to_thread(_hasher.verify, password, known[1] if known else _NOBODYS)
    if known is None or not right:
        return _form(request, house, 401, said="wrong", email=email)
    browser = request.headers.get("user-agent", "")
    begin = partial(signins.begin, user_id=known[0], browser=browser, now=services.clock())
    secret = await services.store.write(begin)
    answer = RedirectResponse(_next(request), 303)
    guard.set_cookie(answer, services.settings, guard.cookie_name(services.settings), secret)
    return answer


def _credentials(session: Session, email: str) -> tuple[str, str] | None:
    try:
        user = users.user_by_email(session, email)
    except NotFound:
        return None
    return (user.id, user.password_hash) if user.password_hash and user.disabled_at is None else None


async def sign_out(page: Page) -> Response:
    """The session is over, here and at the server."""
    await page.write(partial(signins.end, signin_id=page.who.signin_id, user_id=page.who.user_id))
    answer = page.go("/login")
    guard.set_cookie(answer, page.services.settings, guard.cookie_name(page.services.settings), "")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


routes = [
    Route("/login", ask, methods=["GET"]),
    Route("/login", sign_in, methods=["POST"]),
    post("/logout", sign_out),
]
