"""Endpoints of purchases and what came back of them."""

from typing import Any

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import create, create_once
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Line, Moment, Text
from callcrm.base.money import LARGEST, Money, PositiveMoney
from callcrm.crm.purchases import objects, purchases, search
from callcrm.crm.purchases.objects import Payment, Purchase, Return
from callcrm.crm.purchases.purchases import NewItem, NewPurchase
from callcrm.crm.purchases.search import PurchaseQuery
from callcrm.models.crm import purchase as tables
from callcrm.views.objects.shapes import Listing

endpoints = Endpoints("purchases")


class PurchasesQuery(PageQuery):
    """Filters of a list of purchases."""

    customer: str | None = Field(default=None, description="A customer's id.")
    product: str | None = Field(default=None, max_length=200, description="A product, in any spelling.")
    since: Moment | None = Field(default=None, description="Bought at or after this time.")
    until: Moment | None = Field(default=None, description="Bought before this time.")


@endpoints.get("/purchases")
async def list_purchases(context: ApiContext, query: PurchasesQuery) -> Listing[Purchase]:
    """What customers bought, newest first."""
    wanted = PurchaseQuery(query.customer, query.product, query.since, query.until)

    def verb(session: Session) -> Listing[Purchase]:
        rows = search.find(session, wanted, after=query.after, limit=query.limit + 1)
        page, following = cut_page(rows, query.limit, _cursor)
        return Listing[Purchase](items=objects.purchases(session, page), next=following)

    return await context.read(verb)


def _cursor(row: tables.Purchase) -> Cursor:
    return Cursor(row.at, row.id)


def _object(session: Session, row: tables.Purchase) -> Purchase:
    return objects.purchases(session, [row])[0]


@endpoints.get("/purchases/{id}")
async def get_purchase(context: ApiContext) -> Purchase:
    """A purchase, with its items and what came back of it."""
    return await context.read(lambda session: _object(session, purchases.get(session, context.id)))


class ItemTotal(Money):
    """What an item costs: nothing, or more."""

    amount: int = Field(ge=0, le=LARGEST)


class ItemIn(Body):
    """A line of a purchase."""

    product: Line = Field(description="What was bought, by the name that the shop has for it.")
    quantity: float = Field(default=1, gt=0, le=purchases.LARGEST_QUANTITY)
    total: ItemTotal = Field(description="For all of this line, in the currency of the purchase.")


class PurchaseIn(Body):
    """A purchase."""

    external_id: Line | None = Field(
        default=None, max_length=purchases.LONGEST_EXTERNAL_ID, description="The shop's own id."
    )
    at: Moment | None = Field(default=None, description="When it was bought; now, if left out.")
    total: PositiveMoney
    payment: Payment = Payment.OTHER
    items: list[ItemIn] = Field(default=[], max_length=purchases.MOST_ITEMS)
    requested_at: Moment | None = None
    delivered_at: Moment | None = None


@endpoints.post("/customers/{id}/purchases", answers=Purchase, status=201, idempotent=True, once=True)
async def add_purchase(context: ApiContext, body: PurchaseIn) -> Response:
    """Something that a customer bought. An `external_id` that is there already: 200 and that purchase."""
    new = NewPurchase(
        total=body.total,
        at=body.at or context.now,
        payment=body.payment,
        items=[NewItem(item.product, item.total, item.quantity) for item in body.items],
        external_id=body.external_id,
        requested_at=body.requested_at,
        delivered_at=body.delivered_at,
    )

    def verb(session: Session) -> tuple[Purchase, bool]:
        row, is_new = purchases.add(session, context.id, new, by=context.actor, now=context.now)
        return _object(session, row), is_new

    return await create_once(context, body, verb)


class PurchasePatch(Body):
    """What can be changed of a purchase; a field left out stays as it is."""

    payment: Payment = Payment.OTHER
    requested_at: Moment | None = Field(default=None, description="When the customer asked for it.")
    delivered_at: Moment | None = Field(default=None, description="When the customer got it.")

    def changes(self) -> dict[str, Any]:
        """The fields that were sent."""
        return self.model_dump(exclude_unset=True)


@endpoints.patch("/purchases/{id}")
async def patch_purchase(context: ApiContext, body: PurchasePatch) -> Purchase:
    """A purchase, changed."""

    def verb(session: Session) -> Purchase:
        present = purchases.lock(session, context.id)
        context.check_version(present, lambda: _object(session, present))
        return _object(session, purchases.edit(session, present, body.changes(), context.now))

    return await context.write(verb)


class ReturnIn(Body):
    """Something that came back."""

    total: PositiveMoney = Field(description="What it is worth, at most what is left of the purchase.")
    reason: Text | None = None
    at: Moment | None = Field(default=None, description="When it came back; now, if left out.")


@endpoints.post("/purchases/{id}/returns", answers=Return, status=201, idempotent=True)
async def add_return(context: ApiContext, body: ReturnIn) -> Response:
    """Something of a purchase that came back."""

    def verb(session: Session) -> Return:
        row = purchases.give_back(
            session,
            context.id,
            body.total,
            reason=body.reason or "",
            at=body.at or context.now,
            by=context.actor,
            now=context.now,
        )
        return objects.returns(session, [row])[0]

    return await create(context, body, verb)


@endpoints.get("/returns/{id}")
async def get_return(context: ApiContext) -> Return:
    """What came back of a purchase."""

    def verb(session: Session) -> Return:
        return objects.returns(session, [purchases.get_return(session, context.id)])[0]

    return await context.read(verb)
