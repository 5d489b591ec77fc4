"""One customer: what is to be known before speaking, and everything that passed between us."""

from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import Response

from callcrm.customers import customers, timeline
from callcrm.customers.profile import CustomerProfile, customer_profile
from callcrm.edge.paging import page_request
from callcrm.web.customers.timeline import History, Reader, load
from callcrm.web.desk import click_to_call
from callcrm.web.page import Page
from callcrm.web.routes import get


@dataclass(frozen=True, slots=True)
class Shown:
    """All a customer's page tells."""

    about: CustomerProfile
    counts: dict[str, int]
    history: History
    mute: str


async def customer(page: Page) -> Response:
    """The whole page."""
    view, turn = _view(page), page_request(page.request.query_params)

    def verb(session: Session) -> Shown:
        row = customers.get(session, page.id)
        return Shown(
            about=customer_profile(session, row),
            counts=timeline.counts(session, row.id),
            history=load(session, _reader(page), row.id, view, turn.place),
            mute=click_to_call.why_not(session, page.user, page.locale, page.now),
        )

    shown = await page.read(verb)
    return page.show(
        "customers/customer.html", shown=shown, customer=shown.about.customer, view=view, turn=turn
    )


async def history(page: Page) -> Response:
    """What happened before, to be put behind what is shown; or, `down` to a place, the newest anew."""
    view, query = _view(page), page.request.query_params
    turn, down = page_request(query), page_request({"after": query.get("down", "")}).place
    newest = "after" not in query

    def verb(session: Session) -> tuple[History, str | None]:
        row = customers.get(session, page.id)
        main = next(iter(customers.phones_of(session, [row.id])[row.id]), None)
        return load(session, _reader(page), row.id, view, turn.place, down), main

    found, main = await page.read(verb)
    return page.show(
        "customers/history.html", history=found, customer_id=page.id, view=view, main=main, newest=newest
    )


def _view(page: Page) -> str:
    asked = page.request.query_params.get("show", "all")
    return asked if asked in timeline.VIEWS else "all"


def _reader(page: Page) -> Reader:
    return Reader(page.user, page.locale, page.now)


routes = [get("/customers/{id}", customer), get("/customers/{id}/history", history)]
