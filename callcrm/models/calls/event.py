"""The ledger's table: every event of the carrier, verbatim and once."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Text
from sqlmodel import Field, SQLModel


class CarrierEvent(SQLModel, table=True):
    """A request or callback of the carrier about a call, or an entry of its lists that neither told us of.

    `key` is the same for every repetition of it. `root_sid` is the call it belongs to, `sid` the leg or
    recording it is about. `data` is the form as received, `facts` the same in our terms with what we
    decided, `answer` the TwiML we responded with, which a repetition gets again. `at` is the carrier's time,
    `received_at` ours.
    """

    __tablename__ = "carrier_event"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=64)
    account: str = Field(max_length=64)
    root_sid: str = Field(max_length=64, index=True)
    sid: str = Field(max_length=64)
    kind: str = Field(max_length=24)
    at: datetime | None = None
    received_at: datetime
    data: dict[str, Any] = Field(sa_type=JSON)
    facts: dict[str, Any] = Field(sa_type=JSON)
    answer: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
