"""The abuse button beside a call, and what supervisors see of it on every page."""

from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.calls import search
from callcrm.crm.conduct import abuse, incidents, steps, texts
from callcrm.crm.conduct.abuse import Alarm
from callcrm.models import Role
from callcrm.views.conduct import HelpCall, help_calls
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post


async def button(page: Page) -> Response:
    """The button, or what has come of it; nothing without a call that is going on."""
    call_id = page.request.query_params.get("call", "")

    def verb(session: Session) -> Alarm | None:
        return abuse.of_call(session, search.call(session, call_id), page.user.user_id)

    return _button(page, call_id, await page.read(verb))


async def press(page: Page) -> Response:
    """Files the incident, calls a supervisor, and gives the agent a cool-down."""
    call_id = str((await page.form()).get("call", ""))
    verb = partial(abuse.press, call_id=call_id, by=page.user.user_id, now=page.now)
    return _button(page, call_id, await page.write(verb))


async def undo(page: Page) -> Response:
    """Takes all of it back."""
    verb = partial(abuse.undo, incident_id=page.id, by=page.user.user_id, now=page.now)
    incident = await page.write(verb)
    return _button(page, incident.call_id or "", None)


def _button(page: Page, call_id: str, alarm: Alarm | None) -> Response:
    if not page.request.headers.get("hx-request"):
        return page.redirect("/desk")
    words = texts.warning(page.locale)
    return page.respond("conduct/incidents/_abuse.html", call_id=call_id, alarm=alarm, words=words)


async def notice(page: Page) -> Response:
    """Who calls for help now."""
    return page.respond(
        "conduct/incidents/_notice.html", calls=await page.read(partial(help_calls, now=page.now))
    )


async def take_on(page: Page) -> Response:
    """The supervisor comes."""
    by, now = page.user.user_id, page.now

    def verb(session: Session) -> list[HelpCall]:
        incidents.take_on(session, page.id, by=by, now=now)
        return help_calls(session, now)

    calls = await page.write(verb)
    if not page.request.headers.get("hx-request"):
        return page.redirect(f"/conduct/incidents/{page.id}")
    return page.respond("conduct/incidents/_notice.html", calls=calls)


async def count(page: Page) -> Response:
    """How much there is to decide: for the navigation's badge."""
    verb = partial(steps.count_to_decide, now=page.now)
    return page.respond("conduct/_count.html", count=await page.read(verb))


routes = of_module(
    "conduct",
    [
        get("/conduct/abuse", button, keeps_session=False),
        post("/conduct/abuse", press),
        post("/conduct/abuse/{id}/undo", undo),
        get("/conduct/notice", notice, role=Role.SUPERVISOR, keeps_session=False),
        get("/conduct/count", count, keeps_session=False),
        post("/conduct/incidents/{id}/help", take_on, role=Role.SUPERVISOR),
    ],
)
