"""Invented purchases: what customers of a laundry buy, mostly soon after a call."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from callcrm.base.ids import derived_id
from callcrm.crm.purchases import products
from callcrm.crm.purchases.objects import Payment
from callcrm.crm.samples import Rows, SampleBatch, SampleCall

Row = dict[str, Any]
# Names and prices, in cents.
PRODUCTS = {
    "en": (
        ("Coat, dry-cleaned", 2400),
        ("Shirts, five ironed", 1500),
        ("Duvet, washed", 2900),
        ("Curtains, washed and hung", 7800),
        ("Rug, washed", 11_500),
        ("Suit, dry-cleaned", 3200),
        ("Wedding dress, cleaned and boxed", 18_900),
        ("Zip, mended", 1800),
    ),
    "fa": (
        ("قالیشویی", 12_500),
        ("شست‌وشوی پرده", 7400),
        ("خشک‌شویی پالتو", 2600),
        ("اتوی پیراهن", 1400),
        ("شست‌وشوی لحاف", 3100),
    ),
}
ALL_PRODUCTS = tuple(name for several in PRODUCTS.values() for name, _ in several)
PAYMENTS = (Payment.CARD, Payment.CARD, Payment.CASH, Payment.CASH, Payment.CREDIT)
REASONS = {"en": ("Not clean", "Torn", "Not theirs"), "fa": ("لک مانده بود", "پاره شده بود")}
CURRENCY = "USD"
SECOND_ITEM, RETURNED, AT_ONCE = 0.3, 0.03, 0.5  # shares of purchases
DAY = timedelta(hours=20)
TABLES = ("product", "purchase", "purchase_item", "purchase_return")


def sample(batch: SampleBatch) -> Rows:
    """Purchases of customers in the batch, as many as `batch.purchases_per_call` says in all."""
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    seen = batch.seen.setdefault("purchases", {"calls": 0, "made": 0})
    if not seen["calls"]:
        rows["product"] = product_rows(batch.now)
    seen["calls"] += len(batch.calls)
    calls = [call for call in batch.calls if call.customer]
    wanted = int(seen["calls"] * batch.purchases_per_call) - seen["made"]
    for _ in range(wanted if calls else 0):
        _add(batch, batch.random.choice(calls), rows, seen["made"])
        seen["made"] += 1
    return rows


def product_rows(now: datetime) -> list[Row]:
    """All products of the sample."""
    since = now - timedelta(days=1000)
    return [products.row_of(name, since) for name in ALL_PRODUCTS]


def _add(batch: SampleBatch, call: SampleCall, rows: dict[str, list[Row]], number: int) -> None:
    random = batch.random
    assert call.customer is not None, "only such calls are chosen"
    late = random.random() * (1 if random.random() < AT_ONCE else -30)
    key, at = f"sample{number}", call.ended_at + DAY * late
    invent(rows, random, key, call.customer.id, call.customer.language, at, batch.now)


def invent(
    rows: dict[str, list[Row]],
    random: Random,
    key: str,
    customer_id: str,
    language: str,
    at: datetime,
    now: datetime,
) -> None:
    """Adds a purchase of this customer at this time, with its items and perhaps a return, to the rows."""
    purchase_id = derived_id("pur", key)
    priced = PRODUCTS.get(language, PRODUCTS["en"])
    count = 2 if random.random() < SECOND_ITEM else 1
    items = [_item(random, purchase_id, position, priced, at) for position in range(count)]
    total = sum(item["amount"] for item in items)
    returned = items[-1]["amount"] if random.random() < RETURNED else 0
    rows["purchase"].append(
        {
            "id": purchase_id,
            "customer_id": customer_id,
            "external_id": f"S-{key}",
            "at": at,
            "currency": CURRENCY,
            "amount": total,
            "returned": returned,
            "payment": random.choice(PAYMENTS),
            "created_at": at,
        }
    )
    rows["purchase_item"] += items
    if returned:
        reason = random.choice(REASONS.get(language, REASONS["en"]))
        back = min(at + timedelta(days=random.uniform(0.5, 20)), now)
        rows["purchase_return"].append(_return(purchase_id, customer_id, returned, back, reason))


def _item(
    random: Random, purchase_id: str, position: int, priced: Sequence[tuple[str, int]], at: datetime
) -> Row:
    name, price = random.choice(priced)
    quantity = random.choice((1, 1, 1, 2, 3))
    return {
        "purchase_id": purchase_id,
        "position": position,
        "product": name,
        "product_key": KEYS[name],
        "quantity": quantity,
        "amount": price * quantity,
        "at": at,
    }


KEYS = {name: products.key_of(name) for name in ALL_PRODUCTS}


def _return(purchase_id: str, customer_id: str, amount: int, at: datetime, reason: str) -> Row:
    return {
        "id": derived_id("ret", purchase_id),
        "purchase_id": purchase_id,
        "customer_id": customer_id,
        "at": at,
        "currency": CURRENCY,
        "amount": amount,
        "reason": reason,
        "created_at": at,
    }
