"""Purchases: added once, edited, taken back in part or whole, found, and undone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, delete, select

from callcrm.base.errors import NotFound, Refused, RefusedByRule
from callcrm.base.ids import new_id
from callcrm.base.money import Money
from callcrm.base.text import one_line
from callcrm.crm.purchases import products, worth
from callcrm.crm.purchases.amounts import Amount
from callcrm.crm.purchases.objects import Payment
from callcrm.crm.tiers import standing
from callcrm.models.conventions import table_of
from callcrm.models.crm.purchase import Purchase, PurchaseItem, PurchaseReturn
from callcrm.models.versions import locked
from callcrm.store.batches.writes import insert_rows
from callcrm.store.upsert import insert_if_absent

MOST_ITEMS = 200
LARGEST_QUANTITY = 1e9
LONGEST_REASON = 200
LONGEST_EXTERNAL_ID = 100
AHEAD = timedelta(days=1)  # a shop's clock, or its zone, may be wrong by so much
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class NewItem:
    """A line of a purchase to be added."""

    product: str
    total: Money | Amount
    quantity: float = 1


@dataclass(frozen=True, slots=True)
class NewPurchase:
    """A purchase to be added; `external_id` is the shop's own id, by which it is added once."""

    total: Money | Amount
    at: datetime
    payment: Payment = Payment.OTHER
    items: Sequence[NewItem] = field(default_factory=tuple)
    external_id: str | None = None
    requested_at: datetime | None = None
    delivered_at: datetime | None = None


def add(
    session: Session, customer_id: str, new: NewPurchase, *, by: str | None, now: datetime
) -> tuple[Purchase, bool]:
    """The purchase, and whether it is new: of one external id there is one, whoever's it is.

    Refused for amounts that are nothing, items in another currency, and times that can't be.
    """
    check(new, now)
    worth.lock(session, [customer_id])
    row = row_of(customer_id, new, by=by, now=now)
    purchase: Purchase | None = None
    if new.external_id is None:
        purchase = Purchase(**row)
        session.add(purchase)
    elif insert_if_absent(session, Purchase, "external_id", **row) is None:
        return _by_external_id(session, new.external_id), False
    insert_rows(session, table_of(PurchaseItem), item_rows(row["id"], new))
    products.note(session, [item.product for item in new.items], now)
    worth.add(session, [row])
    standing.update(session, [customer_id], now)
    return purchase or get(session, row["id"]), True


def row_of(customer_id: str, new: NewPurchase, *, by: str | None, now: datetime) -> dict[str, Any]:
    """The purchase as a row."""
    return {
        "id": new_id("pur", now),
        "customer_id": customer_id,
        "external_id": new.external_id,
        "at": new.at,
        "currency": new.total.currency,
        "amount": new.total.amount,
        "returned": 0,
        "payment": new.payment,
        "requested_at": new.requested_at,
        "delivered_at": new.delivered_at,
        "import_id": None,
        "created_by": by,
        "created_at": now,
    }


def item_rows(purchase_id: str, new: NewPurchase, first: int = 0) -> list[dict[str, Any]]:
    """Its items as rows, from this position on."""
    return [
        {
            "purchase_id": purchase_id,
            "position": position,
            "product": item.product,
            "product_key": products.key_of(item.product),
            "quantity": item.quantity,
            "amount": item.total.amount,
            "at": new.at,
        }
        for position, item in enumerate(new.items, first)
    ]


def check(new: NewPurchase, now: datetime) -> None:
    """Refused for a purchase that can't be."""
    if new.total.amount < 1:
        raise Refused("A purchase is of more than nothing.", field="total")
    check_time(new.at, now, "at")
    if len(new.items) > MOST_ITEMS:
        raise Refused("A purchase has at most %(most)s items.", field="items", most=MOST_ITEMS)
    for item in new.items:
        if item.total.currency != new.total.currency:
            raise Refused("All items of a purchase are in the currency of its total.", field="items")
        if item.total.amount < 0:
            raise Refused("An item costs nothing or more.", field="items")
        if not 0 < item.quantity <= LARGEST_QUANTITY:
            raise Refused("A quantity is more than nothing.", field="items")
    _check_delivery(new.requested_at, new.delivered_at)


def check_time(at: datetime, now: datetime, name: str) -> None:
    """Refused for a time that is still to come, or of another century."""
    if at > now + AHEAD:
        raise Refused("This time is still to come.", field=name)
    if at < EARLIEST:
        raise Refused("This time is too long ago.", field=name)


def _check_delivery(requested_at: datetime | None, delivered_at: datetime | None) -> None:
    if requested_at and delivered_at and delivered_at < requested_at:
        raise Refused("It can't be delivered before it was requested.", field="delivered_at")


def get(session: Session, purchase_id: str) -> Purchase:
    """The purchase of this id; NotFound."""
    return _existing(session.get(Purchase, purchase_id))


def lock(session: Session, purchase_id: str) -> Purchase:
    """The purchase as it is now, and its customer's worth, locked until the commit; NotFound."""
    purchase = _existing(locked(session, Purchase, purchase_id))
    worth.lock(session, [purchase.customer_id])
    return purchase


def _existing(purchase: Purchase | None) -> Purchase:
    if purchase is None:
        raise NotFound("There is no such purchase.")
    return purchase


def _by_external_id(session: Session, external_id: str) -> Purchase:
    return session.exec(select(Purchase).where(Purchase.external_id == external_id)).one()


def edit(session: Session, purchase: Purchase, changes: dict[str, Any], now: datetime) -> Purchase:
    """The purchase, which is locked, with these of its payment, `requested_at` and `delivered_at` changed."""
    for name, value in changes.items():
        if isinstance(value, datetime):
            check_time(value, now, name)
        setattr(purchase, name, value)
    _check_delivery(purchase.requested_at, purchase.delivered_at)
    session.add(purchase)
    session.flush()
    standing.update(session, [purchase.customer_id], now)
    return purchase


# --- what came back ------------------------------------------------------------------------------------


def give_back(
    session: Session,
    purchase_id: str,
    total: Money | Amount,
    *,
    reason: str = "",
    at: datetime,
    by: str | None,
    now: datetime,
) -> PurchaseReturn:
    """What came back of a purchase, for this much; RefusedByRule for more than is left of it."""
    purchase = lock(session, purchase_id)
    text = one_line(reason)
    _check_return(purchase, total, text)
    check_time(at, now, "at")
    came_back = PurchaseReturn(
        id=new_id("ret", now),
        purchase_id=purchase.id,
        customer_id=purchase.customer_id,
        at=at,
        currency=total.currency,
        amount=total.amount,
        reason=text,
        created_by=by,
        created_at=now,
    )
    session.add(came_back)
    _returned(session, purchase, total.amount, now)
    return came_back


def _check_return(purchase: Purchase, total: Money | Amount, reason: str) -> None:
    if total.currency != purchase.currency:
        raise Refused("What comes back is in the currency of the purchase.", field="total")
    if total.amount < 1:
        raise Refused("What comes back is more than nothing.", field="total")
    if total.amount > purchase.amount - purchase.returned:
        raise RefusedByRule(
            "More can't come back than is left of the purchase.", code="more-than-left", field="total"
        )
    if len(reason) > LONGEST_REASON:
        raise Refused("A reason has at most %(most)s characters.", field="reason", most=LONGEST_REASON)


def _returned(session: Session, purchase: Purchase, amount: int, now: datetime) -> None:
    purchase.returned += amount
    session.add(purchase)
    session.flush()
    worth.add_return(session, purchase.customer_id, purchase.currency, amount)
    standing.update(session, [purchase.customer_id], now)


def get_return(session: Session, return_id: str) -> PurchaseReturn:
    """What came back, by its id; NotFound."""
    came_back = session.get(PurchaseReturn, return_id)
    if came_back is None:
        raise NotFound("There is no such return.")
    return came_back


def undo_return(session: Session, return_id: str, now: datetime) -> Purchase:
    """The purchase, of which this has not come back after all."""
    purchase = lock(session, get_return(session, return_id).purchase_id)
    came_back = locked(session, PurchaseReturn, return_id)
    if came_back is None:
        raise NotFound("There is no such return.")
    session.delete(came_back)
    _returned(session, purchase, -came_back.amount, now)
    return purchase


def undo(session: Session, purchase_id: str, now: datetime) -> str:
    """Takes a purchase away, with its items and what came back of it; the id of its customer."""
    purchase = lock(session, purchase_id)
    customer_id = purchase.customer_id
    remove(session, [purchase_id])
    worth.recount(session, [customer_id])
    standing.update(session, [customer_id], now)
    return customer_id


def remove(session: Session, ids: Sequence[str]) -> int:
    """Deletes these purchases with all that belongs to them; returns how many rows it was."""
    removed = 0
    for model in (PurchaseItem, PurchaseReturn):
        removed += session.exec(delete(model).where(col(model.purchase_id).in_(ids))).rowcount
    return removed + session.exec(delete(Purchase).where(col(Purchase.id).in_(ids))).rowcount
