"""The search page. The words are posted: a URL must hold no names or numbers."""

from functools import partial

from starlette.responses import Response

from callcrm.views import messages, search
from callcrm.web.page import Page
from callcrm.web.routes import get, post

MAX_QUERY = 200


async def search_page(page: Page) -> Response:
    """The empty page."""
    return page.respond("search/search.html", q="", results=None)


async def find(page: Page) -> Response:
    """The page with the results."""
    q = str((await page.form()).get("q", "")).strip()[:MAX_QUERY]
    if not q:
        return await search_page(page)
    services = page.services
    load = partial(
        search.find,
        reader=page.reader,
        q=q,
        region=services.settings.default_region,
        kinds=(*services.seams.search_kinds, messages.search_kind(services.settings.default_region)),
    )
    return page.respond("search/search.html", q=q, results=await page.read(load))


routes = [get("/find", search_page), post("/find", find, refill=find)]
