"""What is shown of a customer's purchases beside a call and on their page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, case, col, func, select

from callcrm.base.money import Money
from callcrm.crm.noun import Reader
from callcrm.crm.purchases import history, search, worth
from callcrm.crm.purchases.objects import NOTHING, Payment, Worth, items_of, money
from callcrm.models.crm.purchase import Purchase

ON_THE_PAGE = 5
CASH_SHARE_DAYS = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class PurchaseRow:
    """A purchase as a row of a list."""

    purchase: Purchase
    things: str
    total: Money
    returned: Money | None


@dataclass(frozen=True, slots=True)
class PurchaseSummary:
    """What a customer bought: sums, and the latest purchases. `cash`: by currency, the share of the last
    year's amounts that was paid in cash.
    """

    customer_id: str
    worth: Worth
    latest: Sequence[PurchaseRow]
    cash: dict[str, float]

    @property
    def last_at(self) -> datetime | None:
        """When they bought last."""
        return self.worth.last_at


def rows(session: Session, reader: Reader, purchases: Sequence[Purchase]) -> list[PurchaseRow]:
    """These purchases as rows; their items are loaded once for all."""
    items = items_of(session, [row.id for row in purchases])
    return [
        PurchaseRow(
            row,
            history.items_text(reader.locale, items.get(row.id, ())),
            money(row.amount, row.currency),
            money(row.returned, row.currency) if row.returned else None,
        )
        for row in purchases
    ]


def beside_a_call(session: Session, reader: Reader, customer_id: str) -> PurchaseSummary | None:
    """The sums and the last purchase; None for a customer who bought nothing."""
    bought = worth.worth_of(session, [customer_id])[customer_id]
    if bought == NOTHING:
        return None
    return PurchaseSummary(
        customer_id, bought, rows(session, reader, search.latest(session, customer_id, 1)), {}
    )


def on_the_page(session: Session, reader: Reader, customer_id: str) -> PurchaseSummary:
    """The sums and the latest purchases, of a customer who bought nothing too: one may be added there."""
    bought = worth.worth_of(session, [customer_id])[customer_id]
    latest = search.latest(session, customer_id, ON_THE_PAGE) if bought.purchases else []
    shares = cash_shares(session, customer_id, reader.now - CASH_SHARE_DAYS) if latest else {}
    return PurchaseSummary(customer_id, bought, rows(session, reader, latest), shares)


def cash_shares(session: Session, customer_id: str, since: datetime) -> dict[str, float]:
    """By currency: the share of the amounts since then that was paid in cash, 0 to 1."""
    in_cash = case((col(Purchase.payment) == Payment.CASH, col(Purchase.amount)), else_=0)
    sums = (
        select(Purchase.currency, func.sum(in_cash), func.sum(Purchase.amount))
        .where(Purchase.customer_id == customer_id, col(Purchase.at) >= since)
        .group_by(Purchase.currency)
        .order_by(Purchase.currency)
    )
    return {currency: float(cash) / float(total) for currency, cash, total in session.exec(sums) if total}
