"""The desk: who waits, the call, the note."""

from starlette.responses import Response

from callcrm.desk.page import Page
from callcrm.desk.routes import get


async def home(page: Page) -> Response:
    """Where everybody begins: agents at their desk, others at the calls."""
    return page.go("/desk")


async def desk(page: Page) -> Response:
    """The agent's desk."""
    return page.show("desk.html")


routes = [get("/", home), get("/desk", desk)]
