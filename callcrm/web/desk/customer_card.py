"""The customer card beside a call."""

from collections.abc import Sequence
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.calls import search
from callcrm.crm.noun import Part
from callcrm.views.customers.card import Card, card_of
from callcrm.views.failing_parts import read_around
from callcrm.web.calls.decisions import decisions
from callcrm.web.desk import identify
from callcrm.web.page import Page
from callcrm.web.routes import get


async def card(page: Page) -> Response:
    """The card of the call's customer; without one, the form to identify the caller."""
    call = await page.read(partial(search.call, ref=page.id))
    customer_id = call.customer_id
    if customer_id is None:
        return await identify.question(page, call)

    def load(session: Session, parts: Sequence[Part]) -> Card:
        return card_of(session, page.reader, customer_id, call.id, parts)

    shown = await read_around(page.read, page.seams.pop_parts, load)
    parts = await identify.parts_of(page, call)
    editing = decisions(call)["customer"]
    return page.respond(
        "desk/card/_customer_card.html", card=shown, call_parts=parts, call=call, editing=editing
    )


routes = [get("/desk/card/{id}", card, keeps_session=False)]
