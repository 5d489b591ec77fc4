"""Redeeming in two clicks: the first brings the form, the second gives the reward or asks for it."""

from functools import partial

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.base.errors import NotFound, Refused
from callcrm.base.typed_text import normalized
from callcrm.crm.loyalty import objects, offers, programmes, redemptions
from callcrm.crm.loyalty.offers import Saying
from callcrm.crm.loyalty.redemptions import Actor
from callcrm.customers import customers
from callcrm.models import Customer
from callcrm.models.crm.loyalty import Redemption
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post


def actor(page: Page) -> Actor:
    """The user as verbs of redemptions know them."""
    return Actor(page.user.user_id, page.user.principal.supervises, page.now, page.locale.zone)


def wants_part(page: Page) -> bool:
    """Whether htmx asks, which puts a part of a page in place of another."""
    return bool(page.request.headers.get("hx-request"))


async def offer(page: Page) -> Response:
    """One programme as it stands for the customer, with its first button."""
    customer, saying = await _load(page, page.request.query_params.get("programme", ""))
    if not wants_part(page):
        return page.redirect(f"/customers/{page.id}")
    call = page.request.query_params.get("call", "")
    return page.respond("loyalty/_offer.html", saying=saying, customer_id=customer.id, call_id=call)


async def form(page: Page) -> Response:
    """The form: what to say, a note, and how many points."""
    query = page.request.query_params
    return await _form(page, query.get("programme", ""), query.get("call", ""))


async def refill(page: Page) -> Response:
    """The form as it was sent."""
    sent = await page.form()
    return await _form(page, _text(sent, "programme"), _text(sent, "call"), sent)


async def _form(page: Page, programme: str, call: str, sent: FormData | None = None) -> Response:
    customer, saying = await _load(page, programme)
    return page.respond(
        "loyalty/_redeem.html" if wants_part(page) else "loyalty/redeem.html",
        customer=customer,
        saying=saying,
        call_id=call,
        typed={name: _text(sent, name) if sent else "" for name in ("note", "points")},
    )


async def _load(page: Page, programme: str) -> tuple[Customer, Saying]:
    def verb(session: Session) -> tuple[Customer, Saying]:
        customer = customers.get(session, page.id)
        shown = offers.sayings(session, page.reader, page.id)
        saying = next((saying for saying in shown if saying.programme.id == programme), None)
        if saying is None:
            raise NotFound("There is nothing of this programme for this customer now.")
        return customer, saying

    return await page.read(verb)


async def redeem(page: Page) -> Response:
    """Redeems it; what needs approval is asked for."""
    sent = await page.form()

    def verb(session: Session) -> Redemption:
        return redemptions.redeem(
            session,
            page.id,
            _text(sent, "programme"),
            actor(page),
            note=_text(sent, "note"),
            points=_points(_text(sent, "points")),
            call_id=_text(sent, "call") or None,
        )

    row = await page.write(verb)
    if not wants_part(page):
        return page.redirect(f"/customers/{page.id}?show=redemption")
    return await _redeemed(page, row.id)


async def state(page: Page) -> Response:
    """How far a redemption has come, for whoever asked for it."""
    if not wants_part(page):
        row = await page.read(partial(redemptions.get, redemption_id=page.id))
        return page.redirect(f"/customers/{row.customer_id}?show=redemption")
    return await _redeemed(page, page.id)


async def _redeemed(page: Page, redemption_id: str) -> Response:
    def verb(session: Session) -> tuple[objects.Redemption, str]:
        row = redemptions.get(session, redemption_id)
        names = programmes.names(session, [row.programme_id])
        return objects.redemptions(session, [row])[0], names[row.programme_id]

    redemption, name = await page.read(verb)
    return page.respond("loyalty/_redeemed.html", redemption=redemption, name=name)


def _text(form: FormData, name: str) -> str:
    return str(form.get(name, "")).strip()


def _points(text: str) -> int | None:
    """How many points were typed, in any digits; None for as many as there are."""
    if not text:
        return None
    digits = normalized(text).replace(",", "").replace("٬", "")
    if not digits.isdecimal() or not int(digits[:12]) > 0:
        raise Refused("Write how many points, in digits.", field="points")
    return int(digits[:12])


routes = of_module(
    "loyalty",
    [
        get("/customers/{id}/offer", offer, keeps_session=False),
        get("/customers/{id}/redeem", form),
        post("/customers/{id}/redeem", redeem, refill=refill),
        get("/redemptions/{id}", state, keeps_session=False),
    ],
)
