"""The demo's page, and what its buttons do."""

from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from callcrm.agents import signins
from callcrm.agents.signins import SignedIn
from callcrm.demo import seats, sockets
from callcrm.demo.life import Life
from callcrm.demo.people import AGENTS, BUSINESS, CALLERS, LINE, STAFF, Colleague
from callcrm.desk import faults, guard
from callcrm.desk.page import House, house_of
from callcrm.desk.words import LANGUAGES
from callcrm.services import Services

HERE = "/demo"
PATIENCE = 15.0  # seconds for the store: one that has just begun may be slow on a busy machine


async def _who(request: Request, house: House) -> SignedIn | None:
    secret = request.cookies.get(guard.cookie_name(house.services.settings), "")
    now = house.services.clock()
    return await house.services.store.read(
        partial(signins.signed_in, secret=secret, now=now), deadline=PATIENCE
    )


async def page(request: Request) -> Response:
    """Phone, desk and ledger side by side."""
    house = house_of(request)
    who, now = await _who(request, house), house.services.clock()
    free = await house.services.store.read(partial(seats.free_seat, now=now), deadline=PATIENCE)
    language = who.language if who else faults.language_of(request)
    context = {
        "who": who,
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
    text = house.drawn[language].page("demo.html", context)
    return _guarded(HTMLResponse(text), house)


async def sit(request: Request) -> Response:
    """Sign in as somebody of ours, by one click."""
    house = house_of(request)
    person = seats.colleague(request.path_params["who"])
    if person is None or not guard.from_us(request, house.services.settings):
        return Response(status_code=404 if person is None else 403)
    return await _seated(request, house.services, person, await _who(request, house))


async def _seated(
    request: Request, services: Services, person: Colleague, before: SignedIn | None
) -> Response:
    browser = request.headers.get("user-agent", "")
    sit_down = partial(seats.sit_down, person=person, before=before, browser=browser, now=services.clock())
    secret = await services.store.write(sit_down, deadline=PATIENCE)
    answer = RedirectResponse(HERE, 303)
    if secret is not None:
        guard.set_cookie(answer, services.settings, guard.cookie_name(services.settings), secret)
    return answer


async def speak(request: Request) -> Response:
    """The language of page and desk from now on."""
    house = house_of(request)
    form = await request.form()
    language, who = form.get("language"), await _who(request, house)
    if language not in LANGUAGES or not guard.from_us(request, house.services.settings):
        return Response(status_code=403)
    if who is None:
        return RedirectResponse(f"{HERE}?lang={language}", 303)
    await _spoken(house.services, who.user_id, str(language))
    return RedirectResponse(HERE, 303)


async def _spoken(services: Services, user_id: str, language: str) -> None:
    verb = partial(seats.speak, user_id=user_id, language=language)
    await services.store.write(verb, deadline=PATIENCE)


async def afresh(request: Request) -> Response:
    """End every call and begin again with a fresh store, at the same desk."""
    house = house_of(request)
    if not guard.from_us(request, house.services.settings):
        return Response(status_code=403)
    who = await _who(request, house)
    life: Life = await request.app.state.afresh()
    person = next((one for one in STAFF if who and one.id == who.user_id), None)
    if person is None or who is None:
        return RedirectResponse(HERE, 303)
    await _spoken(life.services, person.id, who.language)
    return await _seated(request, life.services, person, None)


def _guarded(answer: Response, house: House) -> Response:
    answer.headers["Content-Security-Policy"] = guard.policy(framed=house.framed)
    return answer


routes = [
    Route(HERE, page, methods=["GET"]),
    Route("/demo/desk/{who}", sit, methods=["POST"]),
    Route("/demo/language", speak, methods=["POST"]),
    Route("/demo/afresh", afresh, methods=["POST"]),
    *sockets.routes,
]
