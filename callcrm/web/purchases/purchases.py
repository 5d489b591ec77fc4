"""Purchases: the list, the page of one, and taking one back."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import Forbidden
from callcrm.base.money import Money
from callcrm.base.objects import Named
from callcrm.base.paging import Cursor, ListPage, list_page, page_request
from callcrm.crm.purchases import objects, parts, products, purchases, search
from callcrm.crm.purchases.parts import PurchaseRow
from callcrm.crm.purchases.search import PurchaseQuery
from callcrm.crm.references import named
from callcrm.models import Customer
from callcrm.web.page import Page
from callcrm.web.purchases.days import day_of, written
from callcrm.web.routes import get, of_module, post

PAGE_SIZE = 40


@dataclass(frozen=True, slots=True)
class PurchasesPage:
    """A page of purchases; `whose` is the one customer of all, `names` are the customers' by id."""

    list_page: ListPage[PurchaseRow]
    names: dict[str, Named]
    product: str
    whose: Named | None


async def list_purchases(page: Page) -> Response:
    """All purchases, newest first, or those of a customer, with a product, of a period."""
    query, paging = page.request.query_params, page_request(page.request.query_params)
    first, last = (day_of(query.get(name, ""), page.locale) for name in ("from", "to"))

    def load(session: Session) -> PurchasesPage:
        product = _product(session, query.get("bought"), query.get("product", ""))
        wanted = PurchaseQuery(
            customer=query.get("customer") or None,
            product=product or None,
            since=datetime.combine(first, time(), page.locale.zone) if first else None,
            until=datetime.combine(last + timedelta(days=1), time(), page.locale.zone) if last else None,
        )
        matches = search.find(session, wanted, after=paging.key, back=paging.back, limit=PAGE_SIZE + 1)
        listed = list_page(matches, PAGE_SIZE, paging, lambda row: Cursor(row.at, row.id))
        names = named(session, Customer, {wanted.customer, *(row.customer_id for row in matches)})
        rows = parts.rows(session, page.reader, listed.rows)
        whose = names.get(wanted.customer or "")
        return PurchasesPage(ListPage(rows, listed.before, listed.after), names, product, whose)

    shown = await page.read(load)
    filters = {
        "customer": query.get("customer", ""),
        "product": shown.product,
        "from": query.get("from", "") if first else "",
        "to": query.get("to", "") if last else "",
    }
    example = written(page.locale.today(), page.locale)
    return page.respond("purchases/purchases.html", shown=shown, filters=filters, example_day=example)


def _product(session: Session, product_id: str | None, typed: str) -> str:
    """The product to look for: what was typed, or what was chosen among the products."""
    chosen = products.get(session, product_id) if product_id else None
    return chosen.name if chosen else typed.strip()[: products.LONGEST]


async def show(page: Page) -> Response:
    """A purchase, with its items and what came back of it."""
    return page.respond("purchases/purchase.html", shown=await page.read(partial(load_one, page=page)))


@dataclass(frozen=True, slots=True)
class OnePurchase:
    """A purchase on its page; `may_undo`: whether the reader may take it away."""

    purchase: objects.Purchase
    left: Money
    may_undo: bool


def load_one(session: Session, page: Page) -> OnePurchase:
    """The purchase of the page's address."""
    row = purchases.get(session, page.id)
    left = objects.money(row.amount - row.returned, row.currency)
    return OnePurchase(objects.purchases(session, [row])[0], left, may_undo(page, row.created_by))


def may_undo(page: Page, created_by: str | None) -> bool:
    """Whether the reader may undo what this user entered: their own, or a supervisor anybody's."""
    return page.user.supervises or created_by == page.user.user_id


async def undo(page: Page) -> Response:
    """Takes the purchase away."""

    def verb(session: Session) -> str:
        _check_may_undo(page, purchases.get(session, page.id).created_by)
        return purchases.undo(session, page.id, page.now)

    return page.redirect(f"/customers/{await page.write(verb)}")


async def undo_return(page: Page) -> Response:
    """Takes a return away."""

    def verb(session: Session) -> str:
        _check_may_undo(page, purchases.get_return(session, page.id).created_by)
        return purchases.undo_return(session, page.id, page.now).id

    return page.redirect(f"/purchases/{await page.write(verb)}")


def _check_may_undo(page: Page, created_by: str | None) -> None:
    if not may_undo(page, created_by):
        raise Forbidden("Only who entered it, or a supervisor, may take it away.")


routes = of_module(
    "purchases",
    [
        get("/purchases", list_purchases),
        get("/purchases/{id}", show),
        post("/purchases/{id}/undo", undo),
        post("/returns/{id}/undo", undo_return),
    ],
)
