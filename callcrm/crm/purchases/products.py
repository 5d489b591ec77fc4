"""Products: every name that was bought, once for all its spellings."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlmodel import Session, col, select

from callcrm.base.ids import derived_id
from callcrm.base.text import fold_text
from callcrm.base.words import search_text
from callcrm.models.conventions import table_of
from callcrm.models.crm.purchase import Product, Purchase, PurchaseItem
from callcrm.store.batches.among import among
from callcrm.store.batches.writes import insert_rows

LONGEST = 200  # letters
LONGEST_SEARCH = 800
SUGGESTED = 30
LATEST = 50  # purchases
PRODUCT = table_of(Product)
_STORED = select(PRODUCT.c.key).where(among(PRODUCT.c.key))


@lru_cache(maxsize=4096)
def key_of(product: str) -> str:
    """What all spellings of a product have in common."""
    return fold_text(product)[:LONGEST]


def row_of(name: str, now: datetime) -> dict[str, Any]:
    """A product as a row."""
    key = key_of(name)
    return {
        "id": derived_id("prd", key),
        "key": key,
        "name": name,
        "search_text": search_text(name)[:LONGEST_SEARCH],
        "created_at": now,
    }


def note(session: Session, names: Iterable[str], now: datetime) -> None:
    """Remembers these names, unless their products are known."""
    by_key: dict[str, str] = {}
    for name in names:
        by_key.setdefault(key_of(name), name)
    keys = sorted(by_key)
    stored = session.connection().execute(_STORED, {"keys": keys}).scalars() if keys else ()
    present = set(stored)
    rows = [row_of(by_key[key], now) for key in keys if key not in present]
    insert_rows(session, PRODUCT, rows, "(key) DO NOTHING")


def get(session: Session, product_id: str) -> Product | None:
    """The product of this id."""
    return session.get(Product, product_id)


def suggested(session: Session, customer_id: str) -> Sequence[str]:
    """Names to choose from for a customer's next purchase: what they bought last, then what others did."""
    latest = (
        select(Purchase.id)
        .where(Purchase.customer_id == customer_id)
        .order_by(col(Purchase.at).desc(), col(Purchase.id).desc())
        .limit(LATEST)
    )
    theirs = select(PurchaseItem.product).where(col(PurchaseItem.purchase_id).in_(latest))
    others = select(PurchaseItem.product).order_by(col(PurchaseItem.purchase_id).desc()).limit(LATEST)
    names: dict[str, str] = {}
    for name in (*session.exec(theirs), *session.exec(others)):
        names.setdefault(key_of(name), name)
    return list(names.values())[:SUGGESTED]
