"""Loyalty: programmes that reward customers, what was redeemed of them, and what was made good."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Index
from sqlmodel import Field, SQLModel

from callcrm.models.versions import Versioned


class ProgrammeKind(StrEnum):
    """How a programme rewards."""

    EVERY_NTH = "every_nth"
    PERCENT = "percent"
    POINTS = "points"
    FIXED = "fixed"
    GIFT = "gift"


class RedemptionState(StrEnum):
    """How far a redemption has come: only a redeemed one spends anything."""

    REQUESTED = "requested"
    REDEEMED = "redeemed"
    REFUSED = "refused"
    UNDONE = "undone"


class Programme(Versioned, table=True):
    """A programme; `parameters` are those of its kind, as callcrm.crm.loyalty.parameters reads them."""

    EDITED: ClassVar[tuple[str, ...]] = ("name", "kind", "parameters", "active")

    id: str = Field(primary_key=True, max_length=40)
    name: str = Field(max_length=100)
    kind: str = Field(max_length=16)
    parameters: dict[str, Any] = Field(sa_type=JSON)
    active: bool = True
    created_by: str | None = Field(default=None, max_length=40)
    created_at: datetime


class Redemption(Versioned, table=True):
    """A reward taken, or waiting for a supervisor's approval.

    `spent` is what it took of the customer's balance: purchases, points or years. `worth` is in minor units
    of `currency`, None where it is not known in money. `on_call` is the call that it was asked for in; unlike
    what names a call in `call_id` it does not follow that call to another customer, whose balance it did not
    touch. `decided_by` approved, refused or undid it, and said in `reason` why.
    """

    __table_args__ = (
        Index("ix_redemption_customer", "customer_id", "created_at", "id"),
        Index("ix_redemption_created", "created_at", "id"),
        Index("ix_redemption_state", "state", "created_at", "id"),
        Index("ix_redemption_programme", "programme_id", "created_at", "id"),
        Index("ix_redemption_redeemed", "redeemed_at"),
    )
    EDITED: ClassVar[tuple[str, ...]] = ("state",)

    id: str = Field(primary_key=True, max_length=40)
    customer_id: str = Field(foreign_key="customer.id", max_length=40)
    programme_id: str = Field(foreign_key="programme.id", max_length=40)
    state: str = Field(max_length=16)
    spent: int = Field(default=0, sa_type=BigInteger)
    worth: int | None = Field(default=None, sa_type=BigInteger)
    currency: str | None = Field(default=None, max_length=3)
    note: str = Field(default="", max_length=200)
    on_call: str | None = Field(default=None, max_length=40, index=True)
    created_by: str | None = Field(default=None, max_length=40)
    created_at: datetime
    redeemed_at: datetime | None = None
    decided_by: str | None = Field(default=None, max_length=40)
    decided_at: datetime | None = None
    reason: str = Field(default="", max_length=200)


class GoodwillState(StrEnum):
    """What became of the suggestion to make up for a fault of ours."""

    USED = "used"
    SET_ASIDE = "set_aside"


class Goodwill(SQLModel, table=True):
    """The answer to all faults of ours towards a customer up to `at`: made good, or set aside."""

    __table_args__ = (Index("ix_goodwill_customer", "customer_id", "at", "id"),)

    id: str = Field(primary_key=True, max_length=40)
    customer_id: str = Field(foreign_key="customer.id", max_length=40)
    state: str = Field(max_length=16)
    note: str = Field(default="", max_length=200)
    by: str | None = Field(default=None, max_length=40)
    at: datetime
