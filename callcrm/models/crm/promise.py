"""Promises: what we owe a caller."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Column, Index, Text
from sqlmodel import Field

from callcrm.models.versions import Versioned


class PromiseKind(StrEnum):
    """How the promise arose."""

    MISSED = "missed"
    VOICEMAIL = "voicemail"
    CALLBACK = "callback"
    PROMISED = "promised"


class PromiseState(StrEnum):
    """Whether it is still to be kept."""

    OPEN = "open"
    KEPT = "kept"
    DROPPED = "dropped"


class Promise(Versioned, table=True):
    """Something owed to a caller, with an owner and a due time. One at most arises from a call.

    It is kept by a call that got through (`kept_by`, a call id, derived again whenever the call is), or
    closed by a user (`closed_by`, which stands). `what` is what a user (`created_by`) promised, None for a
    promise that arose by itself; `search_text` is the same folded for searching. `arranged_by` is the user
    who last set owner or due time, which then stand.
    """

    __table_args__ = (
        Index("ix_promise_created", "created_at", "id"),
        Index("ix_promise_customer", "customer_id", "created_at", "id"),
        Index("ix_promise_owner", "owner_id", "created_at", "id"),
        Index("ix_promise_state", "state", "created_at", "id"),
    )
    EDITED: ClassVar[tuple[str, ...]] = ("state", "owner_id", "due_at")

    id: str = Field(primary_key=True, max_length=40)
    kind: str = Field(max_length=16)
    state: str = Field(default=PromiseState.OPEN, max_length=16)
    customer_id: str | None = Field(default=None, foreign_key="customer.id", max_length=40)
    phone: str | None = Field(default=None, max_length=20, index=True)
    call_id: str | None = Field(default=None, foreign_key="call.id", max_length=40, unique=True)
    owner_id: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    what: str | None = Field(default=None, max_length=500)
    search_text: str = Field(default="", sa_column=Column(Text, nullable=False, default=""))
    created_by: str | None = Field(default=None, max_length=40)
    arranged_by: str | None = Field(default=None, max_length=40)
    due_at: datetime
    created_at: datetime
    closed_at: datetime | None = None
    kept_by: str | None = Field(default=None, max_length=40, index=True)
    closed_by: str | None = Field(default=None, max_length=40)
