"""Purchases: what customers bought, what came back, and the sums of both."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from callcrm.models.versions import Versioned

OF_A_REQUEST = "requested_at IS NOT NULL AND delivered_at IS NOT NULL"


class Purchase(Versioned, table=True):
    """Something a customer bought. `amount` is in minor units of `currency`, `returned` of it what came back.

    `external_id` is the shop's own id, which makes it one purchase however often it is sent.
    """

    __table_args__ = (
        # What tiers ask for is in the index: a customer may have thousands of purchases.
        Index("ix_purchase_customer", "customer_id", "at", "id", "currency", "amount", "returned", "payment"),
        Index("ix_purchase_at", "at", "id"),
        # How long deliveries took is summed out of the index; a shop that never says it pays nothing.
        Index(
            "ix_purchase_delivered",
            "delivered_at",
            "requested_at",
            "id",
            sqlite_where=text(OF_A_REQUEST),
            postgresql_where=text(OF_A_REQUEST),
        ),
    )
    EDITED: ClassVar[tuple[str, ...]] = ("payment", "requested_at", "delivered_at", "returned")

    id: str = Field(primary_key=True, max_length=40)
    customer_id: str = Field(foreign_key="customer.id", max_length=40)
    external_id: str | None = Field(default=None, max_length=100, unique=True)
    at: datetime
    currency: str = Field(max_length=3)
    amount: int = Field(sa_type=BigInteger)
    returned: int = Field(default=0, sa_type=BigInteger)
    payment: str = Field(max_length=8)
    requested_at: datetime | None = None
    delivered_at: datetime | None = None
    import_id: str | None = Field(default=None, max_length=40, index=True)
    created_by: str | None = Field(default=None, max_length=40)
    created_at: datetime


class PurchaseItem(SQLModel, table=True):
    """One line of a purchase; `product_key` is its product folded, so that every spelling counts as one, and
    `at` the time of the purchase, so that the latest purchases of a product are found by the index.
    """

    __tablename__ = "purchase_item"
    __table_args__ = (Index("ix_purchase_item_product", "product_key", "at", "purchase_id"),)

    purchase_id: str = Field(primary_key=True, foreign_key="purchase.id", max_length=40, ondelete="CASCADE")
    position: int = Field(primary_key=True)
    product: str = Field(max_length=200)
    product_key: str = Field(max_length=200)
    quantity: float = 1
    amount: int = Field(sa_type=BigInteger)
    at: datetime


class Product(SQLModel, table=True):
    """Something that was bought, by its `key`; it is found by its name, and offered where one is typed."""

    id: str = Field(primary_key=True, max_length=40)
    key: str = Field(max_length=200, unique=True)
    name: str = Field(max_length=200)
    search_text: str = Field(max_length=800)
    created_at: datetime


class PurchaseReturn(SQLModel, table=True):
    """What came back of a purchase: `amount` in minor units of the purchase's currency."""

    __tablename__ = "purchase_return"
    __table_args__ = (
        Index("ix_purchase_return_customer", "customer_id", "at", "id"),
        Index("ix_purchase_return_at", "at", "id"),
    )

    id: str = Field(primary_key=True, max_length=40)
    purchase_id: str = Field(foreign_key="purchase.id", max_length=40, index=True, ondelete="CASCADE")
    customer_id: str = Field(foreign_key="customer.id", max_length=40)
    at: datetime
    currency: str = Field(max_length=3)
    amount: int = Field(sa_type=BigInteger)
    reason: str = Field(default="", max_length=500)
    created_by: str | None = Field(default=None, max_length=40)
    created_at: datetime


class CustomerWorth(SQLModel, table=True):
    """The sums of a customer's purchases in one currency, kept with each change; `spent` is before
    returns.
    """

    __tablename__ = "customer_worth"

    customer_id: str = Field(primary_key=True, foreign_key="customer.id", max_length=40, ondelete="CASCADE")
    currency: str = Field(primary_key=True, max_length=3)
    purchases: int
    spent: int = Field(sa_type=BigInteger)
    returned: int = Field(sa_type=BigInteger)
    first_at: datetime
    last_at: datetime
