"""The ledger's table: what the carrier told us, kept verbatim and once."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Text
from sqlmodel import Field, SQLModel


class CarrierEvent(SQLModel, table=True):
    """One thing the carrier told us about a call.

    `key` names it among all repetitions. `root_sid` is the call it belongs to, `sid` the leg or
    recording it speaks of. `data` is the form as received, `facts` the same in our words with what
    we decided, `answer` the document we answered, given again to a repetition.
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
