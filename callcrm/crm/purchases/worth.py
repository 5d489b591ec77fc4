"""What customers are worth: the sums of their purchases, kept in the transaction that changes them.

Verbs that change purchases lock the customer first, so that of two at once each sees what the other wrote.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from callcrm.base.errors import NotFound
from callcrm.base.money import sums
from callcrm.crm.purchases.objects import NOTHING, Worth
from callcrm.models import Customer
from callcrm.models.conventions import table_of
from callcrm.models.crm.purchase import CustomerWorth, Purchase
from callcrm.store.batches.among import among
from callcrm.store.batches.writes import insert_rows

WORTH, PURCHASE, CUSTOMER = table_of(CustomerWorth), table_of(Purchase), table_of(Customer)
MOST = 500  # customers in a statement
_LOCKED = (
    select(CUSTOMER.c.id).where(among(CUSTOMER.c.id)).order_by(CUSTOMER.c.id).with_for_update(key_share=True)
)
ADDED = """(customer_id, currency) DO UPDATE SET
    purchases = customer_worth.purchases + excluded.purchases,
    spent = customer_worth.spent + excluded.spent,
    first_at = CASE WHEN excluded.first_at < customer_worth.first_at
        THEN excluded.first_at ELSE customer_worth.first_at END,
    last_at = CASE WHEN excluded.last_at > customer_worth.last_at
        THEN excluded.last_at ELSE customer_worth.last_at END"""


def lock(session: Session, customer_ids: Collection[str]) -> None:
    """Locks these customers' worth until the commit; NotFound if one of them is no customer.

    Calls and messages may find their customer meanwhile.
    """
    wanted = sorted(set(customer_ids))
    present = session.connection().execute(_LOCKED, {"keys": wanted}).all()
    if len(present) < len(wanted):
        raise NotFound("There is no such customer.")


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds these purchases, with `customer_id`, `currency`, `amount` and `at`, to the worth of customers who
    are locked.
    """
    by_key: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = row["customer_id"], row["currency"]
        added = (1, row["amount"], 0, row["at"], row["at"])
        if (sums_ := by_key.get(key)) is None:
            by_key[key] = dict(zip(COLUMNS, (*key, *added), strict=True))
            continue
        sums_["purchases"] += 1
        sums_["spent"] += row["amount"]
        sums_["first_at"] = min(sums_["first_at"], row["at"])
        sums_["last_at"] = max(sums_["last_at"], row["at"])
    insert_rows(session, WORTH, [by_key[key] for key in sorted(by_key)], ADDED)


def add_return(session: Session, customer_id: str, currency: str, amount: int) -> None:
    """Adds what came back, in minor units; less than nothing takes it off again."""
    of_customer = (WORTH.c.customer_id == customer_id, WORTH.c.currency == currency)
    session.connection().execute(update(WORTH).where(*of_customer).values(returned=WORTH.c.returned + amount))


def recount(session: Session, customer_ids: Collection[str]) -> None:
    """Counts the worth of these customers anew, from their purchases; they must be locked."""
    wanted = sorted(set(customer_ids))
    for start in range(0, len(wanted), MOST):
        some = wanted[start : start + MOST]
        session.connection().execute(delete(WORTH).where(WORTH.c.customer_id.in_(some)))
        counted = COUNTED.where(PURCHASE.c.customer_id.in_(some))
        session.connection().execute(insert(WORTH).from_select(COLUMNS, counted))


COLUMNS = ["customer_id", "currency", "purchases", "spent", "returned", "first_at", "last_at"]
COUNTED = select(
    PURCHASE.c.customer_id,
    PURCHASE.c.currency,
    func.count(),
    func.sum(PURCHASE.c.amount),
    func.sum(PURCHASE.c.returned),
    func.min(PURCHASE.c.at),
    func.max(PURCHASE.c.at),
).group_by(PURCHASE.c.customer_id, PURCHASE.c.currency)


def count_all(session: Session) -> None:
    """Counts the worth of all customers, where none is kept yet."""
    session.connection().execute(insert(WORTH).from_select(COLUMNS, COUNTED))


def rows_of(session: Session, customer_ids: Collection[str]) -> dict[str, list[CustomerWorth]]:
    """By customer: the sums in each currency they bought in, by its code."""
    rows = select_rows(CustomerWorth).where(col(CustomerWorth.customer_id).in_(customer_ids))
    by_customer: dict[str, list[CustomerWorth]] = {}
    for row in session.exec(rows.order_by(col(CustomerWorth.currency))).all() if customer_ids else ():
        by_customer.setdefault(row.customer_id, []).append(row)
    return by_customer


def worth_of(session: Session, customer_ids: Collection[str]) -> dict[str, Worth]:
    """By customer: what they are worth; zeros for those who bought nothing."""
    rows = rows_of(session, customer_ids)
    return {key: _worth(rows[key]) if key in rows else NOTHING for key in customer_ids}


def _worth(rows: Sequence[CustomerWorth]) -> Worth:
    first: datetime = min(row.first_at for row in rows)
    return Worth(
        purchases=sum(row.purchases for row in rows),
        spent=sums((row.currency, row.spent) for row in rows),
        returned=sums((row.currency, row.returned) for row in rows),
        first_at=first,
        last_at=max(row.last_at for row in rows),
    )
