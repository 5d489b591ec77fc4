"""Currencies to choose from: what was paid in before, and that of the business's country."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from callcrm.base.money import currencies
from callcrm.crm.purchases.amounts import currency_of
from callcrm.models.crm.purchase import CustomerWorth, Purchase

COMMON = ("USD", "EUR", "GBP")


def usual(session: Session, customer_id: str | None, region: str) -> str:
    """The currency that the customer paid in last, else the one that anybody did, else the country's."""
    newest = select(Purchase.currency).order_by(col(Purchase.at).desc(), col(Purchase.id).desc()).limit(1)
    of_customer = newest.where(Purchase.customer_id == customer_id)
    return session.exec(of_customer).first() or session.exec(newest).first() or currency_of(region)


def choices(session: Session, customer_id: str, region: str) -> Sequence[str]:
    """Currency codes, the usual one first."""
    theirs = select(CustomerWorth.currency).where(CustomerWorth.customer_id == customer_id)
    codes = (usual(session, customer_id, region), *session.exec(theirs), currency_of(region), *COMMON)
    return [code for code in dict.fromkeys(codes) if code in currencies()]
