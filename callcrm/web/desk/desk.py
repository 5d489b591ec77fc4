"""The desk: sidebar, call panel and notes panel."""

from markupsafe import Markup
from starlette.responses import Response

from callcrm.web.desk import call_panel, notes_panel, sidebar
from callcrm.web.desk.waiting import WaitingBoard
from callcrm.web.page import Page
from callcrm.web.routes import get


async def home(page: Page) -> Response:
    """Redirects agents to the desk and others to the list of calls."""
    return page.redirect("/desk" if page.user.takes_calls else "/calls")


async def desk(page: Page) -> Response:
    """The agent's desk."""
    waiting_board = await page.web.shared(WaitingBoard).text(page.locale.language)
    here = await sidebar.context(page) | await call_panel.context(page) | await notes_panel.context(page)
    return page.respond("desk/desk.html", waiting_board=Markup(waiting_board), **here)  # noqa: S704  (a template drew it)


routes = [get("/", home), get("/desk", desk, softphone=True)]
