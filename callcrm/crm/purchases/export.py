"""Purchases and returns as tables, streamed: what an import takes in, with our own ids besides."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from callcrm.base.money import minor_digits
from callcrm.crm.noun import Export
from callcrm.models import Customer
from callcrm.models.conventions import table_of
from callcrm.models.crm.purchase import Purchase, PurchaseItem, PurchaseReturn

PURCHASE, ITEM, RETURN = table_of(Purchase), table_of(PurchaseItem), table_of(PurchaseReturn)
CUSTOMER = table_of(Customer)
AT_A_TIME = 1000  # rows
PURCHASES = (
    "id",
    "external_id",
    "customer",
    "name",
    "at",
    "total",
    "currency",
    "returned",
    "payment",
    "product",
    "quantity",
    "item_total",
    "requested_at",
    "delivered_at",
)
RETURNS = ("id", "purchase", "external_id", "customer", "at", "total", "currency", "reason")


def amount(minor: int | None, currency: str) -> str:
    """An amount in whole units, as spreadsheets read it: 12.50."""
    if minor is None:
        return ""
    return format(Decimal(minor).scaleb(-minor_digits(currency)), "f")


def _purchases(session: Session) -> Iterator[Any]:
    """A row for each item, one for a purchase without any."""
    rows = (
        select(PURCHASE, CUSTOMER.c.name, ITEM.c.product, ITEM.c.quantity, ITEM.c.amount.label("item_amount"))
        .join(CUSTOMER, CUSTOMER.c.id == PURCHASE.c.customer_id)
        .outerjoin(ITEM, ITEM.c.purchase_id == PURCHASE.c.id)
        .order_by(PURCHASE.c.at, PURCHASE.c.id, ITEM.c.position)
    )
    yield from session.connection().execute(rows, execution_options={"yield_per": AT_A_TIME})


def _purchase(row: Any) -> Mapping[str, object]:
    return {
        **{name: getattr(row, name) for name in ("id", "external_id", "name", "at", "currency", "payment")},
        "customer": row.customer_id,
        "total": amount(row.amount, row.currency),
        "returned": amount(row.returned, row.currency),
        "product": row.product,
        "quantity": None if row.quantity is None else f"{row.quantity:g}",
        "item_total": amount(row.item_amount, row.currency),
        "requested_at": row.requested_at,
        "delivered_at": row.delivered_at,
    }


def _returns(session: Session) -> Iterator[Any]:
    rows = (
        select(RETURN, PURCHASE.c.external_id)
        .join(PURCHASE, PURCHASE.c.id == RETURN.c.purchase_id)
        .order_by(RETURN.c.at, RETURN.c.id)
    )
    yield from session.connection().execute(rows, execution_options={"yield_per": AT_A_TIME})


def _return(row: Any) -> Mapping[str, object]:
    return {
        **{name: getattr(row, name) for name in ("id", "external_id", "at", "currency", "reason")},
        "purchase": row.purchase_id,
        "customer": row.customer_id,
        "total": amount(row.amount, row.currency),
    }


EXPORT = Export(columns=PURCHASES, rows=_purchases, row=_purchase)
EXPORT_OF_RETURNS = Export(columns=RETURNS, rows=_returns, row=_return)
