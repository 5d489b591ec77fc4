"""Settings of the public forms: where they are, how they are put into a website, and whose pages may."""

from functools import partial
from html import escape

from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.business import modules
from callcrm.crm.forms import origins
from callcrm.models import Role
from callcrm.web import error_pages
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post

FORMS = ("/ask", "/complain")


def frame_tag(url: str, title: str) -> str:
    """The HTML that shows this page in a frame of another site."""
    return f'<iframe src="{escape(url)}" title="{escape(title)}" width="100%" height="760"></iframe>'


async def show(page: Page) -> Response:
    """The settings."""
    allowed = await page.read(origins.get)
    return await _show(page, "\n".join(allowed))


async def refill(page: Page) -> Response:
    """The settings with the origins as they were typed."""
    return await _show(page, str((await page.form()).get("origins", "")))


async def _show(page: Page, typed: str, fault: str = "", status: int = 200) -> Response:
    off = await page.read(modules.off)
    shown = [path for path in FORMS if path != "/complain" or "complaints" not in off]
    url = page.services.settings.public_url or str(page.request.base_url).rstrip("/")
    return page.respond(
        "forms/settings.html",
        status,
        typed=typed,
        fault=fault,
        forms=[(path, url + path) for path in shown],
        frame_tag=frame_tag,
    )


async def save(page: Page) -> Response:
    """Sets whose pages may show the forms."""
    typed = str((await page.form()).get("origins", ""))
    put = partial(origins.put, lines=typed.split("\n"), by=page.user.user_id, now=page.now)
    try:
        await page.write(put)
    except Refused as fault:
        return await _show(page, typed, error_pages.error_text(page.locale, fault), 422)
    return page.redirect("/settings/forms")


routes = of_module(
    "forms",
    [
        get("/settings/forms", show, role=Role.SUPERVISOR),
        post("/settings/forms", save, role=Role.SUPERVISOR, refill=refill),
    ],
)
