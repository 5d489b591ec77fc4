"""Purchases and returns entered by hand, on a page of their own or as a part of the customer's page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.base.money import Money
from callcrm.base.objects import Named
from callcrm.base.text import one_line
from callcrm.crm.purchases import currencies, history, parts, products, purchases
from callcrm.crm.purchases.amounts import amount_of
from callcrm.crm.purchases.objects import Payment
from callcrm.crm.purchases.purchases import NewItem, NewPurchase
from callcrm.customers import customers
from callcrm.i18n.locale import Locale
from callcrm.web import error_pages
from callcrm.web.page import Page
from callcrm.web.purchases import days
from callcrm.web.purchases.purchases import load_one
from callcrm.web.routes import get, of_module, post

LONGEST_TYPED = 200
PURCHASE_FIELDS = ("product", "total", "currency", "payment", "day")
RETURN_FIELDS = ("total", "reason", "day")


@dataclass(slots=True)
class Draft:
    """What was typed, by field; `faults` says by field what is wrong."""

    values: Mapping[str, str]
    faults: dict[str, str] = field(default_factory=dict)

    def refused(self, locale: Locale, refusal: Refused) -> None:
        """Sets the fault of the field that was refused."""
        place = {"items": "product", "at": "day"}.get(refusal.field or "", refusal.field or "total")
        self.faults[place] = error_pages.error_text(locale, refusal)


def _typed(form: FormData, names: Sequence[str]) -> Draft:
    return Draft({name: str(form.get(name, ""))[:LONGEST_TYPED] for name in names})


def _money(text: str, currency: str) -> Money:
    if not text.strip():
        raise Refused("Say how much it was.", field="total")
    try:
        return amount_of(text, currency)
    except ValueError:
        raise Refused("This is no amount of money.", field="total") from None


def _wants_part(page: Page) -> bool:
    return bool(page.request.headers.get("hx-request"))


# --- a purchase ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PurchaseForm:
    """The form of a purchase: whose, and what there is to choose from."""

    customer: Named
    products: Sequence[str]
    currencies: Sequence[str]


async def new(page: Page) -> Response:
    """An empty form."""
    return await _purchase_form(page, Draft({}))


async def refill(page: Page) -> Response:
    """The form as it was sent."""
    return await _purchase_form(page, _typed(await page.form(), PURCHASE_FIELDS))


async def _purchase_form(page: Page, draft: Draft, status: int = 200) -> Response:
    region = page.services.settings.default_region

    def load(session: Session) -> PurchaseForm:
        customer = customers.get(session, page.id)
        return PurchaseForm(
            Named(id=customer.id, name=customer.name),
            products.suggested(session, page.id),
            currencies.choices(session, page.id, region),
        )

    return page.respond(
        "purchases/_new.html" if _wants_part(page) else "purchases/new.html",
        status,
        form=await page.read(load),
        draft=draft,
        payments=[(code.value, history.payment(page.locale, code)) for code in Payment],
        days=days.choices(page.locale),
    )


async def add(page: Page) -> Response:
    """Adds the purchase and shows it on the customer's page."""
    draft = _typed(await page.form(), PURCHASE_FIELDS)
    try:
        new_purchase = _purchase(page, draft.values)
        verb = partial(_add, customer_id=page.id, new_purchase=new_purchase, page=page)
        part = await page.write(verb)
    except Refused as refusal:
        draft.refused(page.locale, refusal)
        return await _purchase_form(page, draft, 422)
    if not _wants_part(page):
        return page.redirect(f"/customers/{page.id}")
    return page.respond("purchases/_added.html", part=part[1], added=part[0])


def _purchase(page: Page, typed: Mapping[str, str]) -> NewPurchase:
    total = _money(typed["total"], typed["currency"])
    product = one_line(typed["product"])
    payment = typed["payment"]
    return NewPurchase(
        total=total,
        at=days.moment_of(typed["day"], page.locale, page.now),
        payment=Payment(payment) if payment in set(Payment) else Payment.OTHER,
        items=[NewItem(product, total)] if product else [],
    )


def _add(
    session: Session, customer_id: str, new_purchase: NewPurchase, page: Page
) -> tuple[str, parts.PurchaseSummary]:
    row, _ = purchases.add(session, customer_id, new_purchase, by=page.user.user_id, now=page.now)
    return row.id, parts.on_the_page(session, page.reader, customer_id)


async def of_customer(page: Page) -> Response:
    """What the customer bought, as it stands on their page."""
    if not _wants_part(page):
        return page.redirect(f"/customers/{page.id}")

    def load(session: Session) -> parts.PurchaseSummary:
        return parts.on_the_page(session, page.reader, customers.get(session, page.id).id)

    return page.respond("purchases/_of_customer.html", part=await page.read(load))


# --- a return ------------------------------------------------------------------------------------------


async def new_return(page: Page) -> Response:
    """An empty form; all that is left may come back."""
    return await _return_form(page, Draft({}))


async def refill_return(page: Page) -> Response:
    """The form as it was sent."""
    return await _return_form(page, _typed(await page.form(), RETURN_FIELDS))


async def _return_form(page: Page, draft: Draft, status: int = 200) -> Response:
    return page.respond(
        "purchases/_return.html" if _wants_part(page) else "purchases/return.html",
        status,
        shown=await page.read(partial(load_one, page=page)),
        draft=draft,
        days=days.choices(page.locale),
    )


async def give_back(page: Page) -> Response:
    """Enters what came back, and goes to the purchase."""
    draft = _typed(await page.form(), RETURN_FIELDS)
    try:
        at = days.moment_of(draft.values["day"], page.locale, page.now)
        await page.write(_give_back(page, draft.values, at))
    except Refused as refusal:
        draft.refused(page.locale, refusal)
        return await _return_form(page, draft, 422)
    return page.redirect(f"/purchases/{page.id}")


def _give_back(page: Page, typed: Mapping[str, str], at: datetime) -> Callable[[Session], object]:
    def verb(session: Session) -> object:
        total = _money(typed["total"], purchases.get(session, page.id).currency)
        return purchases.give_back(
            session, page.id, total, reason=typed["reason"], at=at, by=page.user.user_id, now=page.now
        )

    return verb


routes = of_module(
    "purchases",
    [
        get("/customers/{id}/purchases", of_customer),
        get("/customers/{id}/purchases/new", new),
        post("/customers/{id}/purchases", add, refill=refill),
        get("/purchases/{id}/return", new_return),
        post("/purchases/{id}/returns", give_back, refill=refill_return),
    ],
)
