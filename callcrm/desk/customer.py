"""One customer: what is to be known before speaking, and everything that passed between us."""

from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import Response

from callcrm.customers import customers, timeline
from callcrm.customers.about import About, about
from callcrm.desk import ring
from callcrm.desk.page import Page
from callcrm.desk.routes import get
from callcrm.desk.timeline import History, Reader, load
from callcrm.edge.keyset import turned


@dataclass(frozen=True, slots=True)
class Shown:
    """All a customer's page tells."""

    about: About
    counts: dict[str, int]
    history: History
    mute: str


async def customer(page: Page) -> Response:
    """The whole page."""
    view, turn = _view(page), turned(page.request.query_params)

    def verb(session: Session) -> Shown:
        row = customers.get(session, page.id)
        return Shown(
            about=about(session, row),
            counts=timeline.counts(session, row.id),
            history=load(session, _reader(page), row.id, view, turn.place),
            mute=ring.why_not(session, page.who, page.words, page.now),
        )

    shown = await page.read(verb)
    return page.show("customer.html", shown=shown, customer=shown.about.customer, view=view, turn=turn)


async def history(page: Page) -> Response:
    """What happened before, to be put behind what is shown; or, `down` to a place, the newest anew."""
    view, query = _view(page), page.request.query_params
    turn, down = turned(query), turned({"after": query.get("down", "")}).place
    newest = "after" not in query

    def verb(session: Session) -> tuple[History, str | None]:
        row = customers.get(session, page.id)
        main = next(iter(customers.phones_of(session, [row.id])[row.id]), None)
        return load(session, _reader(page), row.id, view, turn.place, down), main

    found, main = await page.read(verb)
    return page.show(
        "customer/history.html", history=found, customer_id=page.id, view=view, main=main, newest=newest
    )


def _view(page: Page) -> str:
    asked = page.request.query_params.get("show", "all")
    return asked if asked in timeline.VIEWS else "all"


def _reader(page: Page) -> Reader:
    return Reader(page.who, page.words, page.now)


routes = [get("/customers/{id}", customer), get("/customers/{id}/history", history)]
