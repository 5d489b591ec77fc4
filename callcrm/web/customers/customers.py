"""Customers: all of them, and those searched for."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import Response

from callcrm.customers import customers, listing, timeline
from callcrm.customers.listing import Listed
from callcrm.edge.paging import Cursor, list_page, page_request
from callcrm.i18n.locale import Locale
from callcrm.models import Call
from callcrm.web import timeline_text
from callcrm.web.page import Page
from callcrm.web.routes import get, post
from callcrm.web.timeline_text import Line

MOST = 40
MOST_FOUND = 40


@dataclass(frozen=True, slots=True)
class Row:
    """A customer in the list, with what passed last in words."""

    listed: Listed
    said: Line | None


def rows(session: Session, locale: Locale, listed: list[Listed]) -> list[Row]:
    """Each with what passed last in words."""
    agents = {one.last.agent_id for one in listed if isinstance(one.last, Call) and one.last.agent_id}
    names = timeline.names(session, agents)
    return [Row(one, _last(locale, one, names)) for one in listed]


def _last(locale: Locale, listed: Listed, names: Mapping[str, str]) -> Line | None:
    last = listed.last
    if last is None:
        return None
    if isinstance(last, Call):
        return timeline_text.call(locale, last, names.get(last.agent_id or "", ""))
    return timeline_text.message(locale, last)


async def everybody(page: Page) -> Response:
    """All customers, whoever was in touch last first."""
    turn = page_request(page.request.query_params)

    def verb(session: Session) -> tuple[list[Listed], list[Row]]:
        found = listing.customers(session, place=turn.place, back=turn.back, limit=MOST + 1)
        return found, rows(session, page.locale, found)

    listed, shown = await page.read(verb)
    said = {row.listed.customer.id: row for row in shown}
    page_of = list_page(listed, MOST, turn, lambda one: Cursor(one.at, one.customer.id))
    return page.show(
        "customers/customers.html", rows=[said[one.customer.id] for one in page_of.rows], leaf=page_of, q=None
    )


async def find(page: Page) -> Response:
    """The customers whose name or numbers say this; what was searched for stands in no URL."""
    q = str((await page.form()).get("q", "")).strip()[:200]
    if not q:
        return page.go("/customers")
    region = page.services.settings.default_region

    def verb(session: Session) -> list[Row]:
        found = customers.find(session, q=q, region=region, limit=MOST_FOUND + 1)
        return rows(session, page.locale, listing.those(session, found))

    found = await page.read(verb)
    return page.show(
        "customers/customers.html", rows=found[:MOST_FOUND], leaf=None, q=q, more=len(found) > MOST_FOUND
    )


routes = [get("/customers", everybody), post("/customers/find", find)]
