"""The page of one customer: the profile and the history_page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.paging import page_request
from callcrm.crm.noun import Part
from callcrm.customers import customers
from callcrm.views.customers import history_page
from callcrm.views.customers.card import shown_parts
from callcrm.views.customers.history_page import ALL, HistoryPage
from callcrm.views.customers.profile import CustomerProfile, customer_profile
from callcrm.views.failing_parts import read_around
from callcrm.web.desk import click_to_call
from callcrm.web.page import Page
from callcrm.web.routes import get
from callcrm.web.security import PLAYER


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """The content of a customer's page; `mute` says why the user can't place calls, "" if they can."""

    profile: CustomerProfile
    parts: Sequence[tuple[str, object]]
    views: Sequence[tuple[str, str]]
    counts: dict[str, int]
    history: HistoryPage
    mute: str


async def customer(page: Page) -> Response:
    """The page."""
    paging, lists = (
        page_request(page.request.query_params),
        history_page.views(page.seams.history_kinds),
    )
    view = _view(page, lists)

    def load(session: Session, parts: Sequence[Part]) -> CustomerPage:
        row = customers.get(session, page.id)
        counts = history_page.counts(session, row.id, lists, page.user.principal)
        shown = history_page.without_empty(lists[view], counts)
        return CustomerPage(
            profile=customer_profile(session, row),
            parts=shown_parts(session, page.reader, row.id, parts),
            views=[(name, lists[name].title(page.locale)) for name in _offered(page, view, counts)],
            counts=counts,
            history=history_page.load(session, page.reader, row.id, shown, paging.key),
            mute=click_to_call.cannot_call(session, page.user, page.locale, page.now),
        )

    loaded = await read_around(page.read, page.seams.customer_parts, load)
    return page.respond(
        "customers/customer.html", shown=loaded, customer=loaded.profile.customer, view=view, paging=paging
    )


def _offered(page: Page, view: str, counts: Mapping[str, int]) -> list[str]:
    """The lists by name: of the nouns' kinds only those in which there is something, and the present one."""
    empty = {name for kind in page.seams.history_kinds if not counts[name := f"{kind.name}s"]}
    return [name for name in counts if name == view or name not in empty]


async def history(page: Page) -> Response:
    """The next page of the timeline, to be appended; with `down` all from the newest as far as that key."""
    lists, query = history_page.views(page.seams.history_kinds), page.request.query_params
    paging, down = page_request(query), page_request({"after": query.get("down", "")}).key
    view, newest = _view(page, lists), "after" not in query

    def load(session: Session) -> tuple[HistoryPage, str | None]:
        row = customers.get(session, page.id)
        main = next(iter(customers.phones_of(session, [row.id])[row.id]), None)
        return history_page.load(session, page.reader, row.id, lists[view], paging.key, down), main

    loaded, main = await page.read(load)
    return page.respond(
        "customers/_history.html", history=loaded, customer_id=page.id, view=view, main=main, newest=newest
    )


def _view(page: Page, lists: dict[str, history_page.View]) -> str:
    name = page.request.query_params.get("show", ALL)
    return name if name in lists else ALL


routes = [get("/customers/{id}", customer, policy=PLAYER), get("/customers/{id}/history", history)]
