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
from callcrm.demo.sample_data.people import AGENTS, BUSINESS, CALLERS, LINE, STAFF, Colleague
from callcrm.i18n.locale import LANGUAGES
from callcrm.services import Services
from callcrm.web import error_pages, security
from callcrm.web.context import WebContext, web_of

HERE = "/demo"
PATIENCE = 15.0  # seconds for the store: one that has just begun may be slow on a busy machine


async def _who(request: Request, web: WebContext) -> SignedInUser | None:
    secret = request.cookies.get(security.cookie_name(web.services.settings), "")
    now = web.services.clock.now()
    return await web.services.store.read(
        partial(sessions.authenticate, secret=secret, now=now), deadline=PATIENCE
    )


async def page(request: Request) -> Response:
    """Phone, desk and ledger side by side."""
    web = web_of(request)
    who, now = await _who(request, web), web.services.clock.now()
    free = await web.services.store.read(partial(sign_in.free_seat, now=now), deadline=PATIENCE)
    language = who.language if who else error_pages.language_of(request)
    context = {
        "current_user": who,
        "now": now,
        "here": HERE,
        "staff": STAFF,
        "agents": AGENTS,
        "callers": CALLERS,
        "business": BUSINESS,
        "line": LINE,
        "seat": next((one for one in STAFF if who and one.id == who.user_id), None),
        "free": free,
    }
    text = web.templates[language].page("demo/demo.html", context)
    return _guarded(HTMLResponse(text), web)


async def sit(request: Request) -> Response:
    """Sign in as somebody of ours, by one click."""
    web = web_of(request)
    person = sign_in.colleague(request.path_params["who"])
    if person is None or not security.from_us(request, web.services.settings):
        return Response(status_code=404 if person is None else 403)
    return await _seated(request, web.services, person, await _who(request, web))


async def _seated(
    request: Request, services: Services, person: Colleague, before: SignedInUser | None
) -> Response:
    browser = request.headers.get("user-agent", "")
    sit_down = partial(
        sign_in.sit_down, person=person, before=before, browser=browser, now=services.clock.now()
    )
    secret = await services.store.write(sit_down, deadline=PATIENCE)
    answer = RedirectResponse(HERE, 303)
    if secret is not None:
        security.set_cookie(answer, services.settings, security.cookie_name(services.settings), secret)
    return answer


async def speak(request: Request) -> Response:
    """The language of page and desk from now on."""
    web = web_of(request)
    form = await request.form()
    language, who = form.get("language"), await _who(request, web)
    if language not in LANGUAGES or not security.from_us(request, web.services.settings):
        return Response(status_code=403)
    if who is None:
        return RedirectResponse(f"{HERE}?lang={language}", 303)
    await _spoken(web.services, who.user_id, str(language))
    return RedirectResponse(HERE, 303)


async def _spoken(services: Services, user_id: str, language: str) -> None:
    verb = partial(sign_in.speak, user_id=user_id, language=language)
    await services.store.write(verb, deadline=PATIENCE)


async def afresh(request: Request) -> Response:
    """End every call and begin again with a fresh store, at the same desk."""
    web = web_of(request)
    if not security.from_us(request, web.services.settings):
        return Response(status_code=403)
    who = await _who(request, web)
    life: DemoApp = await request.app.state.afresh()
    person = next((one for one in STAFF if who and one.id == who.user_id), None)
    if person is None or who is None:
        return RedirectResponse(HERE, 303)
    await _spoken(life.services, person.id, who.language)
    return await _seated(request, life.services, person, None)


def _guarded(answer: Response, web: WebContext) -> Response:
    answer.headers["Content-Security-Policy"] = security.PLAYER.header(framed=web.framed)
    return answer


routes = [
    Route(HERE, page, methods=["GET"]),
    Route("/demo/desk/{who}", sit, methods=["POST"]),
    Route("/demo/language", speak, methods=["POST"]),
    Route("/demo/afresh", afresh, methods=["POST"]),
    *sockets.routes,
]
