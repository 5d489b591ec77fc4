"""Purchases of customers, written straight into the store."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from callcrm.base.text import fold_text
from callcrm.models.crm.purchase import Purchase, PurchaseItem
from tests.shop import NOON

_NUMBERS = count(1)


def purchase(
    customer_id: str,
    amount: int = 1000,
    *,
    at: datetime = NOON - timedelta(days=1),
    currency: str = "USD",
    payment: str = "card",
    returned: int = 0,
    **fields: Any,
) -> Purchase:
    """One purchase."""
    return Purchase(
        id=f"pur_{next(_NUMBERS):06}",
        customer_id=customer_id,
        at=at,
        currency=currency,
        amount=amount,
        returned=returned,
        payment=payment,
        created_at=at,
        **fields,
    )


def item(bought: Purchase, product: str, position: int = 0) -> PurchaseItem:
    """A line of a purchase."""
    return PurchaseItem(
        purchase_id=bought.id,
        position=position,
        product=product,
        product_key=fold_text(product),
        amount=bought.amount,
        at=bought.at,
    )
