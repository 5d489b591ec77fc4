"""The audit: who did what that others must be able to look up."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel


class AuditEntry(SQLModel, table=True):
    """Something that was done, by whom (a user, or the token of a program), and about what. Never changed.

    `data` holds ids and codes, no person's words: those are where they are erased with the person.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at", "at", "id"),
        Index("ix_audit_entry_subject", "subject_id", "at", "id"),
    )

    id: str = Field(primary_key=True, max_length=40)
    at: datetime
    actor_id: str = Field(max_length=40)
    action: str = Field(max_length=40)
    subject_kind: str = Field(max_length=24)
    subject_id: str = Field(max_length=40)
    data: dict[str, Any] = Field(default={}, sa_type=JSON)
