"""The living page of parts: everything pages are made of, for developers."""

from starlette.responses import Response

from callcrm.desk.page import Page
from callcrm.desk.routes import get


async def parts(page: Page) -> Response:
    """Every part in every state."""
    return page.show("parts.html")


routes = [get("/parts", parts)]
