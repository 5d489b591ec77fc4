"""The list of customers, and the search for them."""

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.paging import Cursor, list_page, page_request
from callcrm.customers import customers
from callcrm.views.customers import listing
from callcrm.views.customers.listing import CustomerRow, Listed
from callcrm.web.kept_search import kept_search, redirect_to_search
from callcrm.web.page import Page
from callcrm.web.routes import get, post

PAGE_SIZE = 40
MAX_QUERY = 200
FIND = "/customers/find"


async def list_customers(page: Page) -> Response:
    """All customers, by last contact."""
    paging = page_request(page.request.query_params)

    def load(session: Session) -> tuple[list[Listed], list[CustomerRow]]:
        listed = listing.customers(
            session, page.user.user_id, key=paging.key, back=paging.back, limit=PAGE_SIZE + 1
        )
        return listed, listing.rows(session, page.locale, listed)

    listed, rows = await page.read(load)
    by_id = {row.listed.customer.id: row for row in rows}
    listing_page = list_page(listed, PAGE_SIZE, paging, lambda row: Cursor(row.at, row.customer.id))
    return page.respond(
        "customers/customers.html",
        rows=[by_id[row.customer.id] for row in listing_page.rows],
        list_page=listing_page,
        q=None,
    )


async def find(page: Page) -> Response:
    """A redirect to the customers that match; the words are posted, since a URL must hold no names."""
    q = str((await page.form()).get("q", "")).strip()[:MAX_QUERY]
    return await redirect_to_search(page, FIND, {"q": q}) if q else page.redirect("/customers")


async def results(page: Page) -> Response:
    """Customers whose name or numbers match; all of them for a search that is not kept."""
    kept = await kept_search(page, FIND)
    if kept is None:
        return page.redirect("/customers")
    q = kept["q"]
    region = page.services.settings.default_region

    def load(session: Session) -> list[CustomerRow]:
        matching = customers.find(session, q=q, region=region, limit=PAGE_SIZE + 1)
        return listing.rows(session, page.locale, listing.rows_for(session, page.user.user_id, matching))

    rows = await page.read(load)
    return page.respond(
        "customers/customers.html", rows=rows[:PAGE_SIZE], list_page=None, q=q, more=len(rows) > PAGE_SIZE
    )


routes = [
    get("/customers", list_customers),
    post(FIND, find, refill=find),
    get("/customers/find/{id}", results),
]
