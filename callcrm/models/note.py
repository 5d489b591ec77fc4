"""Notes about calls and customers."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, FetchedValue, Index, Text
from sqlmodel import Field

from callcrm.models.versions import Versioned


class Note(Versioned, table=True):
    """A note; one on a call follows the call's customer. `search_text` is its words for searching.

    `created_at` is when its first letter was typed: a note on a call has its place there. It is still
    being written until `finished_at`. `client_id` is the open page that
    saved it last and `edit_seq` how many changes that page had made: so it knows its own save again whose
    answer was lost.
    """

    __table_args__ = (
        Index("ix_note_customer", "customer_id", "created_at", "id"),
        Index("ix_note_open", "author_id", "finished_at"),
    )
    EDITED: ClassVar[tuple[str, ...]] = ("body",)

    id: str = Field(primary_key=True, max_length=40)
    call_id: str | None = Field(default=None, foreign_key="call.id", max_length=40, index=True)
    customer_id: str | None = Field(default=None, foreign_key="customer.id", max_length=40)
    author_id: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    author: str = Field(max_length=200)
    body: str = Field(sa_column=Column(Text, nullable=False))
    search_text: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime
    updated_at: datetime | None = None
    finished_at: datetime | None = None
    version: int = Field(default=1, sa_column_kwargs={"server_onupdate": FetchedValue()})
    client_id: str | None = Field(default=None, max_length=40)
    edit_seq: int = Field(default=0)
    pinned_at: datetime | None = None
    pinned_by: str | None = Field(default=None, max_length=200)
