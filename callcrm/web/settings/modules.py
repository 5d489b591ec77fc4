"""Modules: what the business uses, switched on and off at once."""

from functools import partial

from starlette.responses import Response

from callcrm.base.errors import NotFound
from callcrm.business import modules
from callcrm.models import Role
from callcrm.views.modules import Module, module_objects
from callcrm.web.page import Page
from callcrm.web.routes import get, post

STATES = ("on", "off")


async def show(page: Page) -> Response:
    """The modules, each with what uses it."""
    return page.respond("settings/modules/modules.html", modules=_modules(page, await page.read(modules.off)))


def _modules(page: Page, off: frozenset[str]) -> list[Module]:
    return module_objects(page.locale, page.services.seams.modules, off)  # also those that are off


async def switch(page: Page) -> Response:
    """Switches one module; for htmx the list, the navigation and a toast that takes it back."""
    state = str((await page.form()).get("state", ""))
    by_name = {module.name: module for module in page.services.seams.modules}
    if page.id not in by_name or state not in STATES:
        raise NotFound("There is no such part of the product.")
    wanted = {page.id: state == "on"}
    off = await page.write(partial(modules.switch, wanted=wanted, by=page.user.user_id, now=page.now))
    if not page.request.headers.get("hx-request"):
        return page.redirect("/settings/modules")
    page.seams = page.services.seams.without(off)  # the navigation is drawn by what is on now
    return page.respond(
        "settings/modules/_switched.html",
        modules=_modules(page, off),
        switched=by_name[page.id].title(page.locale),
        state=state,
        undo=STATES[state == "on"],
        here="/settings/modules",
    )


routes = [
    get("/settings/modules", show, role=Role.SUPERVISOR),
    post("/settings/modules/{id}", switch, role=Role.SUPERVISOR),
]
