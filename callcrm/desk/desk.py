"""The desk: who waits, the call, the note. Three places that never move."""

from markupsafe import Markup
from starlette.responses import Response

from callcrm.desk import pad, rail, stage
from callcrm.desk.board import Board
from callcrm.desk.page import Page
from callcrm.desk.routes import get


async def home(page: Page) -> Response:
    """Where everybody begins: agents at their desk, others at the calls."""
    return page.go("/desk" if page.who.takes_calls else "/calls")


async def desk(page: Page) -> Response:
    """The agent's desk."""
    board = await page.house.one(Board).text(page.words.language)
    here = await rail.context(page) | await stage.context(page) | await pad.context(page)
    return page.show("desk.html", board=Markup(board), **here)  # noqa: S704  (a template drew it)


routes = [get("/", home), get("/desk", desk)]
