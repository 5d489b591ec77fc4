"""Customers: all of them, and those searched for."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import Response

from callcrm.customers import customers, listing, timeline
from callcrm.customers.listing import Listed
from callcrm.desk import moments
from callcrm.desk.moments import Said
from callcrm.desk.page import Page
from callcrm.desk.routes import get, post
from callcrm.desk.words import Words
from callcrm.edge.keyset import Mark, leaf, turned
from callcrm.models import Call

MOST = 40
MOST_FOUND = 40


@dataclass(frozen=True, slots=True)
class Row:
    """A customer in the list, with what passed last in words."""

    listed: Listed
    said: Said | None


def rows(session: Session, words: Words, listed: list[Listed]) -> list[Row]:
    """Each with what passed last in words."""
    agents = {one.last.agent_id for one in listed if isinstance(one.last, Call) and one.last.agent_id}
    names = timeline.names(session, agents)
    return [Row(one, _last(words, one, names)) for one in listed]


def _last(words: Words, listed: Listed, names: Mapping[str, str]) -> Said | None:
    last = listed.last
    if last is None:
        return None
    if isinstance(last, Call):
        return moments.call(words, last, names.get(last.agent_id or "", ""))
    return moments.message(words, last)


async def everybody(page: Page) -> Response:
    """All customers, whoever was in touch last first."""
    turn = turned(page.request.query_params)

    def verb(session: Session) -> tuple[list[Listed], list[Row]]:
        found = listing.customers(session, place=turn.place, back=turn.back, limit=MOST + 1)
        return found, rows(session, page.words, found)

    listed, shown = await page.read(verb)
    said = {row.listed.customer.id: row for row in shown}
    page_of = leaf(listed, MOST, turn, lambda one: Mark(one.at, one.customer.id))
    return page.show(
        "customers.html", rows=[said[one.customer.id] for one in page_of.rows], leaf=page_of, q=None
    )


async def find(page: Page) -> Response:
    """The customers whose name or numbers say this; what was searched for stands in no URL."""
    q = str((await page.form()).get("q", "")).strip()[:200]
    if not q:
        return page.go("/customers")
    region = page.services.settings.default_region

    def verb(session: Session) -> list[Row]:
        found = customers.find(session, q=q, region=region, limit=MOST_FOUND + 1)
        return rows(session, page.words, listing.those(session, found))

    found = await page.read(verb)
    return page.show("customers.html", rows=found[:MOST_FOUND], leaf=None, q=q, more=len(found) > MOST_FOUND)


routes = [get("/customers", everybody), post("/customers/find", find)]
