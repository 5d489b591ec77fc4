"""The demo's page, and what its buttons do."""

from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from callcrm.agents import sessions
from callcrm.agents.sessions import SignedInUser
from callcrm.demo import sign_in
from callcrm.demo.app import DemoApp
from callcrm.demo.phone import sockets
from callcrm.demo.sample_data.people import AGENTS, BUSINESS, BUSINESS_NUMBER, CALLERS, STAFF, StaffMember
from callcrm.edge.cookies import cookie
from callcrm.edge.forms import read_form
from callcrm.i18n.locale import LANGUAGES
from callcrm.services import Services
from callcrm.web import error_pages, security
from callcrm.web.context import WebContext, web_of

DEMO_PATH = "/demo"
A_DAY = 24 * 3600
STORE_DEADLINE = 15.0  # seconds: a store that has just been filled may be slow on a busy machine


async def _current_user(request: Request, web: WebContext) -> SignedInUser | None:
    secret = cookie(request, security.cookie_name(web.services.settings))
    now = web.services.clock.now()
    return await web.services.store.read(
        partial(sessions.authenticate, secret=secret, now=now), deadline=STORE_DEADLINE
    )


def _member_of(user: SignedInUser | None) -> StaffMember | None:
    return next((member for member in STAFF if user and member.id == user.user_id), None)


async def page(request: Request) -> Response:
    """Phone, desk and ledger side by side."""
    web = web_of(request)
    user, now = await _current_user(request, web), web.services.clock.now()
    language = user.language if user else error_pages.language_of(request)
    seat_before = sign_in.staff_member(cookie(request, _seat_cookie(web.services)))
    find_seat = partial(sign_in.free_seat, seat_before=seat_before, language=language, now=now)
    free = await web.services.store.read(find_seat, deadline=STORE_DEADLINE)
    context = {
        "current_user": user,
        "now": now,
        "here": DEMO_PATH,
        "staff": STAFF,
        "agents": AGENTS,
        "callers": CALLERS,
        "business": BUSINESS,
        "business_number": BUSINESS_NUMBER,
        "seat": _member_of(user),
        "free": free,
    }
    text = web.templates[language].page("demo/demo.html", context)
    return _with_content_policy(HTMLResponse(text), web)


async def sign_in_as(request: Request) -> Response:
    """Sign in as the colleague named in the path; 404 if there is none."""
    web = web_of(request)
    member = sign_in.staff_member(request.path_params["slug"])
    if member is None or not security.is_same_origin(request, web.services.settings):
        return Response(status_code=404 if member is None else 403)
    return await _redirect_signed_in(request, web.services, member, await _current_user(request, web))


async def _redirect_signed_in(
    request: Request, services: Services, member: StaffMember, previous: SignedInUser | None
) -> Response:
    browser = request.headers.get("user-agent", "")
    verb = partial(
        sign_in.sign_in, member=member, previous=previous, browser=browser, now=services.clock.now()
    )
    secret = await services.store.write(verb, deadline=STORE_DEADLINE)
    response = RedirectResponse(DEMO_PATH, 303)
    if secret is not None:
        security.set_cookie(response, services.settings, security.cookie_name(services.settings), secret)
    # So that a browser that is opened again, or whose demo starts afresh, sits down where it sat.
    security.set_cookie(response, services.settings, _seat_cookie(services), member.slug, seconds=A_DAY)
    return response


def _seat_cookie(services: Services) -> str:
    return security.cookie_name(services.settings, "seat")


async def set_language(request: Request) -> Response:
    """Show page and desk in the form's language from now on."""
    web = web_of(request)
    form = await read_form(request)
    language, user = form.get("language"), await _current_user(request, web)
    if language not in LANGUAGES or not security.is_same_origin(request, web.services.settings):
        return Response(status_code=403)
    if user is None:
        return RedirectResponse(f"{DEMO_PATH}?lang={language}", 303)
    await _store_language(web.services, user.user_id, str(language))
    return RedirectResponse(DEMO_PATH, 303)


async def _store_language(services: Services, user_id: str, language: str) -> None:
    verb = partial(sign_in.set_language, user_id=user_id, language=language)
    await services.store.write(verb, deadline=STORE_DEADLINE)


async def restart(request: Request) -> Response:
    """End every call and begin again with a fresh store, signed in as the same colleague."""
    web = web_of(request)
    if not security.is_same_origin(request, web.services.settings):
        return Response(status_code=403)
    user = await _current_user(request, web)
    demo: DemoApp = await request.app.state.restart_demo()
    member = _member_of(user)
    if member is None or user is None:
        return RedirectResponse(DEMO_PATH, 303)
    response = await _redirect_signed_in(request, demo.services, member, None)
    await _store_language(demo.services, member.id, user.language)
    return response


def _with_content_policy(response: Response, web: WebContext) -> Response:
    response.headers["Content-Security-Policy"] = security.PLAYER.header(framed=web.framed)
    return response


routes = [
    Route(DEMO_PATH, page, methods=["GET"]),
    Route("/demo/desk/{slug}", sign_in_as, methods=["POST"]),
    Route("/demo/language", set_language, methods=["POST"]),
    Route("/demo/restart", restart, methods=["POST"]),
    *sockets.routes,
]
