"""Contacts of all customers, newest first, and whom a new one was with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.paging import Cursor, cut_page, from_cursor
from callcrm.crm.contacts import contacts
from callcrm.crm.subjects import subjects
from callcrm.crm.subjects.subjects import Tree
from callcrm.customers import customers
from callcrm.models.crm.contact import Contact, ContactKind
from callcrm.views.people import customer_names, names_by_id
from callcrm.web.kept_search import kept_search, redirect_to_search
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post

PAGE_SIZE = 50
MAX_QUERY, MOST_PEOPLE = 200, 20
FIND = "/contacts/find"


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of contacts, with whom they were and who wrote them down."""

    rows: Sequence[Contact]
    customers: dict[str, str]
    authors: dict[str, str]
    tree: Tree
    following: str | None


async def list_contacts(page: Page) -> Response:
    """The contacts of the kind in the URL, or all."""
    query = page.request.query_params
    kind = query.get("kind") if query.get("kind") in set(ContactKind) else None
    after = _after(query.get("after"))

    def load(session: Session) -> Listed:
        listed = contacts.find(session, kind=kind, after=after, limit=PAGE_SIZE + 1)
        rows, following = cut_page(listed, PAGE_SIZE, lambda row: Cursor(row.at, row.id))
        return Listed(
            rows,
            customer_names(session, {row.customer_id for row in rows}),
            names_by_id(session, {row.created_by for row in rows if row.created_by}),
            subjects.tree(session),
            following,
        )

    shown = await page.read(load)
    return page.respond("contacts/contacts.html", shown=shown, kind=kind, kinds=tuple(ContactKind))


def _after(text: str | None) -> tuple[datetime, str] | None:
    try:
        cursor = from_cursor(text or None)
    except ValueError:
        return None
    return (cursor.at, cursor.id) if cursor else None


async def find(page: Page) -> Response:
    """A redirect to the customers whom a contact may have been with."""
    q = str((await page.form()).get("q", "")).strip()[:MAX_QUERY]
    return await redirect_to_search(page, FIND, {"q": q}) if q else page.redirect("/contacts/new")


async def results(page: Page) -> Response:
    """Those customers, to choose from."""
    kept = await kept_search(page, FIND)
    if kept is None:
        return page.redirect("/contacts/new")
    region = page.services.settings.default_region
    matching = partial(customers.find, q=kept["q"], region=region, limit=MOST_PEOPLE)
    people = await page.read(matching)
    if len(people) == 1:
        return page.redirect(f"/contacts/new?customer={people[0].id}")
    return page.respond("contacts/whom.html", q=kept["q"], people=people)


routes = of_module(
    "contacts",
    [
        get("/contacts", list_contacts),
        post(FIND, find, refill=find),
        get("/contacts/find/{id}", results),
    ],
)
