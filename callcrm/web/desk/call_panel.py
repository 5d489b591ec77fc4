"""The call panel: the agent's current call, from the store alone, so that all their windows agree."""

from functools import partial

from starlette.responses import Response

from callcrm.agents import states
from callcrm.base.errors import CallcrmError
from callcrm.calls import hangup
from callcrm.views.calls import menu_path
from callcrm.views.calls.call_panel import call_panel_of
from callcrm.web import error_pages
from callcrm.web.page import Page
from callcrm.web.routes import get, post


async def context(page: Page) -> dict[str, object]:
    """The context of the panel's template."""
    web = page.services.runtime
    panel = await page.read(partial(call_panel_of, web=web, agent_id=page.user.user_id, now=page.now))
    path = menu_path.menu_path(page.locale, web.flows, panel.call) if panel and panel.call else []
    return {"panel": panel, "path": path}


async def call_panel(page: Page) -> Response:
    """The panel, for htmx."""
    return page.respond("desk/panel/_call_panel.html", **await context(page))


async def end_wrap_up(page: Page) -> Response:
    """Ends the agent's wrap-up."""
    await page.write(partial(states.finish_wrap_up, agent_id=page.user.user_id, now=page.now))
    return await call_panel(page)


async def extend_wrap_up(page: Page) -> Response:
    """Extends the agent's wrap-up by a minute."""
    await page.write(partial(states.extend_wrap_up, agent_id=page.user.user_id, now=page.now))
    return await call_panel(page)


async def drop_leg(page: Page) -> Response:
    """Ends the agent's leg: declines a ringing call or hangs up, on a phone this browser does not control."""
    try:
        await hangup.drop_leg(page.services, page.id, page.user.user_id)
    except CallcrmError as fault:
        return error_pages.error_json(page, fault)
    return Response(status_code=204)


routes = [
    get("/desk/call-panel", call_panel, keeps_session=False),
    post("/desk/wrap-up/end", end_wrap_up),
    post("/desk/wrap-up/longer", extend_wrap_up),
    post("/desk/calls/{id}/pass", drop_leg),
    post("/desk/calls/{id}/hang-up", drop_leg),
]
