"""Contacts that no carrier tells us of: visits, letters, e-mails, calls on other phones."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Column, Index, Text, text
from sqlmodel import Field

from callcrm.models.versions import Versioned

OF_A_SUBJECT = "subject IS NOT NULL"


class ContactKind(StrEnum):
    """How they met."""

    VISIT = "visit"
    LETTER = "letter"
    EMAIL = "email"
    CALL = "call"


class Contact(Versioned, table=True):
    """A contact logged by hand. `body` may be empty; `search_text` is the same folded for searching."""

    __table_args__ = (
        Index("ix_contact_customer", "customer_id", "at", "id"),
        Index("ix_contact_at", "at", "id"),
        Index(
            "ix_contact_subject",
            "subject",
            "at",
            "id",
            sqlite_where=text(OF_A_SUBJECT),
            postgresql_where=text(OF_A_SUBJECT),
        ),
    )
    EDITED: ClassVar[tuple[str, ...]] = ("kind", "direction", "body", "subject", "at")

    id: str = Field(primary_key=True, max_length=40)
    customer_id: str = Field(foreign_key="customer.id", max_length=40)
    kind: str = Field(max_length=8)
    direction: str = Field(max_length=10)
    body: str = Field(default="", sa_column=Column(Text, nullable=False, default=""))
    search_text: str = Field(default="", sa_column=Column(Text, nullable=False, default=""))
    subject: str | None = Field(default=None, max_length=64)
    at: datetime
    created_by: str | None = Field(default=None, max_length=40)
    created_at: datetime
