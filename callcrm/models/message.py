"""SMS and WhatsApp messages, in and out."""

from datetime import datetime

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel


class Message(SQLModel, table=True):
    """A message. `phone` is the other party's number (E.164); `status_rank` orders statuses, so that a
    late report does not put back an older one.
    """

    __table_args__ = (Index("ix_message_customer", "customer_id", "created_at", "id"),)

    id: str = Field(primary_key=True, max_length=40)
    carrier_sid: str | None = Field(default=None, unique=True, max_length=64)
    direction: str = Field(max_length=10)
    channel: str = Field(default="sms", max_length=16)
    from_raw: str = Field(max_length=255)
    to_raw: str = Field(max_length=255)
    phone: str | None = Field(default=None, max_length=20, index=True)
    body: str = Field(sa_column=Column(Text, nullable=False))
    status: str = Field(max_length=24)
    status_rank: int = 0
    error: str | None = Field(default=None, max_length=64)
    customer_id: str | None = Field(default=None, foreign_key="customer.id", max_length=40)
    author_id: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    created_at: datetime
    received_at: datetime
