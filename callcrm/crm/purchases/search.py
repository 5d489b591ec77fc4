"""Purchases, listed: newest first, each list by an index of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, exists, select, tuple_

from callcrm.crm.purchases import products
from callcrm.models.crm.purchase import Purchase, PurchaseItem

Key = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class PurchaseQuery:
    """Which purchases: of a customer, with a product in any spelling, from `since` on and before `until`."""

    customer: str | None = None
    product: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def find(
    session: Session, query: PurchaseQuery, *, after: Key | None = None, back: bool = False, limit: int = 50
) -> Sequence[Purchase]:
    """At most `limit` purchases behind the time and id `after`, newest first; with `back` those before it,
    oldest first.
    """
    if query.product is not None and query.customer is None:
        return _with_product(session, query, after, back, limit)
    statement = select(Purchase)
    if query.customer is not None:
        statement = statement.where(Purchase.customer_id == query.customer)
    if query.product is not None:
        key = products.key_of(query.product)
        items = (col(PurchaseItem.purchase_id) == col(Purchase.id), col(PurchaseItem.product_key) == key)
        statement = statement.where(exists().where(*items))
    newest = _cut(statement, Purchase.at, Purchase.id, query, after, back, limit)
    rows: Sequence[Purchase] = session.exec(newest).all()
    return rows


def _with_product(
    session: Session, query: PurchaseQuery, after: Key | None, back: bool, limit: int
) -> Sequence[Purchase]:
    """Found by their items, which carry the time: a product may be in every second purchase."""
    key = products.key_of(query.product or "")
    columns = PurchaseItem.purchase_id, PurchaseItem.at
    items = select(*columns).where(PurchaseItem.product_key == key).distinct()
    statement = _cut(items, PurchaseItem.at, PurchaseItem.purchase_id, query, after, back, limit)
    ids = [row[0] for row in session.exec(statement)]
    rows = {row.id: row for row in session.exec(select(Purchase).where(col(Purchase.id).in_(ids)))}
    return [rows[key] for key in ids if key in rows]


def _cut(
    statement: Any, at: Any, row_id: Any, query: PurchaseQuery, after: Key | None, back: bool, limit: int
) -> Any:
    at, row_id = col(at), col(row_id)
    if query.since is not None:
        statement = statement.where(at >= query.since)
    if query.until is not None:
        statement = statement.where(at < query.until)
    if after is not None:
        place = tuple_(at, row_id)
        statement = statement.where(place > after if back else place < after)
    order = (at.asc(), row_id.asc()) if back else (at.desc(), row_id.desc())
    return statement.order_by(*order).limit(limit)


def latest(session: Session, customer_id: str, limit: int) -> Sequence[Purchase]:
    """A customer's latest purchases, newest first."""
    return find(session, PurchaseQuery(customer=customer_id), limit=limit)
