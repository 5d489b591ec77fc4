"""SMS and WhatsApp messages, in and out, with everything that came with them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index, Text, text
from sqlmodel import Field, SQLModel

UNANSWERED = "direction = 'inbound' AND answered_at IS NULL"


class MediaStatus(StrEnum):
    """Where a file is: to be fetched, in our storage, or given up on."""

    PENDING = "pending"
    STORED = "stored"
    FAILED = "failed"


class Message(SQLModel, table=True):
    """A message. `phone` is the other party's number (E.164); `status_rank` orders statuses, so that a
    late report does not put back an older one.

    `party` is the other party as such: their number, else their short code or name in lower case. `details`
    is what the carrier told beside the text: `location`, `button`, `profile_name`, `referral`, each where
    there is one. `search_text` is the text, the names and the numbers, folded for searching. An incoming
    message is answered (`answered_at`) by a later one of ours or by hand: `answered_by` is the id of the
    message or the user.
    """

    __table_args__ = (
        Index("ix_message_customer", "customer_id", "created_at", "id"),
        Index("ix_message_created", "created_at", "id"),
        Index("ix_message_party", "party", "created_at", "id"),
        Index(
            "ix_message_unanswered",
            "created_at",
            "id",
            sqlite_where=text(UNANSWERED),
            postgresql_where=text(UNANSWERED),
        ),
    )

    id: str = Field(primary_key=True, max_length=40)
    carrier_sid: str | None = Field(default=None, unique=True, max_length=64)
    direction: str = Field(max_length=10)
    channel: str = Field(default="sms", max_length=16)
    from_raw: str = Field(max_length=255)
    to_raw: str = Field(max_length=255)
    phone: str | None = Field(default=None, max_length=20, index=True)
    party: str = Field(default="", max_length=255, sa_column_kwargs={"server_default": ""})
    body: str = Field(sa_column=Column(Text, nullable=False))
    details: dict[str, Any] = Field(
        default={}, sa_column=Column(JSON, nullable=False, default={}, server_default="{}")
    )
    search_text: str = Field(
        default="", sa_column=Column(Text, nullable=False, default="", server_default="")
    )
    status: str = Field(max_length=24)
    status_rank: int = 0
    error: str | None = Field(default=None, max_length=64)
    customer_id: str | None = Field(default=None, foreign_key="customer.id", max_length=40)
    author_id: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    created_at: datetime
    received_at: datetime
    answered_at: datetime | None = None
    answered_by: str | None = Field(default=None, max_length=40, index=True)


class MessageEvent(SQLModel, table=True):
    """A form the carrier sent about a message, kept once, as received. `key` names it and its repetitions."""

    __tablename__ = "message_event"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=64)
    message_id: str = Field(foreign_key="message.id", max_length=40, index=True)
    sid: str = Field(max_length=64)
    kind: str = Field(max_length=24)
    received_at: datetime
    data: dict[str, Any] = Field(sa_type=JSON)


class MessageMedia(SQLModel, table=True):
    """A file that came with a message: at the carrier first (`url`), then in our storage.

    `content_type` is what the carrier says it is. `storage_name` is the random name it is stored under;
    `error` why it is not (yet).
    """

    __tablename__ = "message_media"

    id: str = Field(primary_key=True, max_length=40)
    message_id: str = Field(foreign_key="message.id", max_length=40, index=True)
    position: int
    url: str = Field(sa_column=Column(Text, nullable=False))
    content_type: str | None = Field(default=None, max_length=128)
    status: str = Field(default=MediaStatus.PENDING, max_length=16)
    bytes: int | None = None
    sha256: str | None = Field(default=None, max_length=64)
    storage_name: str | None = Field(default=None, max_length=64, index=True)
    error: str | None = Field(default=None, max_length=255)
    created_at: datetime
    stored_at: datetime | None = None
