"""The search page. The words are posted: a URL must hold no names or numbers."""

from functools import partial

from starlette.responses import Response

from callcrm.views import messages, search
from callcrm.web.kept_search import kept_search, redirect_to_search
from callcrm.web.page import Page
from callcrm.web.routes import get, post

PATH = "/find"
MAX_QUERY = 200


async def search_page(page: Page) -> Response:
    """The empty page."""
    return page.respond("search/search.html", q="", results=None)


async def find(page: Page) -> Response:
    """A redirect to the page with the results."""
    q = str((await page.form()).get("q", "")).strip()[:MAX_QUERY]
    return await redirect_to_search(page, PATH, {"q": q}) if q else await search_page(page)


async def results(page: Page) -> Response:
    """The page with the results; the empty one for a search that is not kept."""
    kept = await kept_search(page, PATH)
    if kept is None:
        return page.redirect(PATH)
    q, services = kept["q"], page.services
    load = partial(
        search.find,
        reader=page.reader,
        q=q,
        region=services.settings.default_region,
        kinds=(*page.seams.search_kinds, messages.search_kind(services.settings.default_region)),
    )
    return page.respond("search/search.html", q=q, results=await page.read(load))


routes = [get(PATH, search_page), post(PATH, find, refill=find), get("/find/{id}", results)]
