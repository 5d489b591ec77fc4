"""Responses to requests that may be repeated."""

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel


class IdempotencyKey(SQLModel, table=True):
    """The response to the first request with a key; `status` is None while that is under way.

    `request_hash` tells a repetition from another request with the same key.
    """

    __tablename__ = "idempotency_key"

    key: str = Field(primary_key=True, max_length=64)
    request_hash: str = Field(max_length=64)
    status: int | None = None
    etag: str | None = Field(default=None, max_length=64)
    body: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    created_at: datetime = Field(index=True)
