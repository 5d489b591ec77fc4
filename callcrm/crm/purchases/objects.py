"""Purchases as the API answers with them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import Field
from sqlmodel import Session, col, select

from callcrm.base.money import Money
from callcrm.base.objects import Named, Shape, Time, VersionedShape
from callcrm.crm.references import named
from callcrm.models import Customer
from callcrm.models.crm import purchase as tables


class Payment(StrEnum):
    """How a purchase was paid."""

    CASH = "cash"
    CREDIT = "credit"
    CARD = "card"
    OTHER = "other"


class Worth(Shape):
    """What a customer bought. `spent` is before returns; each currency stands for itself."""

    purchases: int
    spent: list[Money]
    returned: list[Money]
    first_at: Time | None
    last_at: Time | None


NOTHING = Worth(purchases=0, spent=[], returned=[], first_at=None, last_at=None)


class Item(Shape):
    """One line of a purchase."""

    product: str
    quantity: float
    total: Money


class Return(VersionedShape):
    """What came back of a purchase. Nobody edits it: its version stays the first."""

    id: str
    purchase: str
    customer: Named
    total: Money
    reason: str
    at: Time
    created_at: Time


class Purchase(VersionedShape):
    """Something a customer bought; `returned` is what came back of it, of one currency with `total`."""

    id: str
    external_id: str | None = Field(description="The shop's own id.")
    customer: Named
    at: Time
    total: Money
    returned: Money
    payment: Payment
    items: list[Item]
    returns: list[Return]
    requested_at: Time | None
    delivered_at: Time | None
    created_at: Time


def money(amount: int, currency: str) -> Money:
    """Money out of the store."""
    return Money.model_construct(amount=amount, currency=currency)


def purchases(session: Session, rows: Sequence[tables.Purchase]) -> list[Purchase]:
    """The purchases as objects, in their order; items, returns and customers are loaded once for all."""
    ids = [row.id for row in rows]
    items, came_back = items_of(session, ids), returns_of(session, ids)
    people = named(session, Customer, {row.customer_id for row in rows})
    return [
        Purchase(
            **row.model_dump(include=SAME_IN_BOTH),
            customer=people[row.customer_id],
            total=money(row.amount, row.currency),
            returned=money(row.returned, row.currency),
            payment=Payment(row.payment),
            items=[_item(item, row.currency) for item in items.get(row.id, ())],
            returns=_returns(people, came_back.get(row.id, ())),
        )
        for row in rows
    ]


SAME_IN_BOTH = {"id", "external_id", "at", "requested_at", "delivered_at", "created_at", "version"}


def returns(session: Session, rows: Sequence[tables.PurchaseReturn]) -> list[Return]:
    """Returns as objects, in their order."""
    return _returns(named(session, Customer, {row.customer_id for row in rows}), rows)


def _returns(people: Mapping[str, Named], rows: Sequence[tables.PurchaseReturn]) -> list[Return]:
    return [
        Return(
            **row.model_dump(include={"id", "reason", "at", "created_at"}),
            purchase=row.purchase_id,
            customer=people[row.customer_id],
            total=money(row.amount, row.currency),
            version=1,
        )
        for row in rows
    ]


def _item(row: tables.PurchaseItem, currency: str) -> Item:
    return Item(product=row.product, quantity=row.quantity, total=money(row.amount, currency))


def items_of(session: Session, ids: Sequence[str]) -> dict[str, list[tables.PurchaseItem]]:
    """By purchase: its items, in their order."""
    item = tables.PurchaseItem
    rows = (
        select(item).where(col(item.purchase_id).in_(ids)).order_by(col(item.purchase_id), col(item.position))
    )
    by_purchase: dict[str, list[tables.PurchaseItem]] = {}
    in_order = rows.order_by(col(item.purchase_id), col(item.position))
    for row in session.exec(in_order).all() if ids else ():
        by_purchase.setdefault(row.purchase_id, []).append(row)
    return by_purchase


def returns_of(session: Session, ids: Sequence[str]) -> dict[str, list[tables.PurchaseReturn]]:
    """By purchase: what came back of it, the first first."""
    row_type = tables.PurchaseReturn
    rows = select(row_type).where(col(row_type.purchase_id).in_(ids))
    by_purchase: dict[str, list[tables.PurchaseReturn]] = {}
    for row in session.exec(rows.order_by(col(row_type.at), col(row_type.id))).all() if ids else ():
        by_purchase.setdefault(row.purchase_id, []).append(row)
    return by_purchase
