"""The tier that each customer's purchases put them in, and why."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

THE_RUN = 1


class TierStanding(SQLModel, table=True):
    """What the rules say of a customer: a tier's code, None for none, and the facts that its rule asks for.

    It is kept for whom a tier was set by hand too, so that they can return to the rules at once.
    """

    __tablename__ = "tier_standing"

    customer_id: str = Field(primary_key=True, foreign_key="customer.id", max_length=40, ondelete="CASCADE")
    tier: str | None = Field(default=None, max_length=16)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    changed_at: datetime


class TierRun(SQLModel, table=True):
    """The one row of how far everybody's tier has been looked at again: at night, and after a change of the
    rules. `after` is the last customer who was, None once all were; `resumed_at` when it last went on.
    """

    __tablename__ = "tier_run"

    id: int = Field(default=THE_RUN, primary_key=True)
    tiers_version: int
    began_at: datetime
    resumed_at: datetime | None = None
    after: str | None = Field(default=None, max_length=40)
