"""Customers and their phone numbers."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, false
from sqlmodel import Field, SQLModel

from callcrm.models.versions import Versioned


class Customer(Versioned, table=True):
    """A person or household. `search_text` is the name's words for searching, `owner_id` their own agent.

    A tier set by hand stays until it is cleared; any other is what the rules make of their purchases
    (`TierStanding`).
    Their numbers are edited with them: whoever changes those lets `version` grow.
    """

    EDITED: ClassVar[tuple[str, ...]] = ("name", "language", "tier", "owner_id")

    id: str = Field(primary_key=True, max_length=40)
    name: str = Field(max_length=200, index=True)
    search_text: str = Field(max_length=400)
    language: str | None = Field(default=None, max_length=8)
    tier: str | None = Field(default=None, max_length=16)
    tier_by_hand: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    owner_id: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    created_at: datetime = Field(index=True)
    updated_at: datetime


class CustomerPhone(SQLModel, table=True):
    """A number of a customer. A number may belong to several customers, and they to several numbers."""

    __tablename__ = "customer_phone"

    customer_id: str = Field(primary_key=True, foreign_key="customer.id", max_length=40, ondelete="CASCADE")
    e164: str = Field(primary_key=True, max_length=20, index=True)
    raw: str = Field(max_length=64)
    position: int = 0


class CustomerTouch(SQLModel, table=True):
    """When a customer last rang, was rung, wrote or was written to, else was created; kept by triggers."""

    __tablename__ = "customer_touch"
    __table_args__ = (Index("ix_customer_touch_at", "at", "customer_id"),)

    customer_id: str = Field(primary_key=True, foreign_key="customer.id", max_length=40, ondelete="CASCADE")
    at: datetime
