"""Promises: what we owe a caller."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Column, ColumnElement, Index, Text, text
from sqlmodel import Field, col

from callcrm.models.versions import Versioned

A_PART = "part_of IS NOT NULL"
OPEN_TO_CALLER = "state = 'open' AND part_of IS NULL"


class PromiseKind(StrEnum):
    """How the promise arose."""

    MISSED = "missed"
    VOICEMAIL = "voicemail"
    CALLBACK = "callback"
    PROMISED = "promised"
    QUESTION = "question"


class PromiseState(StrEnum):
    """Whether it is still to be kept."""

    OPEN = "open"
    KEPT = "kept"
    DROPPED = "dropped"


class Promise(Versioned, table=True):
    """Something owed to a caller, with an owner and a due time. One at most arises from a call.

    It is kept by a conversation (`kept_by`, a call id, derived again whenever the call is), or decided by a
    user (`decided_by` at `decided_at`: kept, dropped or open again), which stands. `what` is what a user
    (`created_by`) promised, None for a promise that arose by itself; `search_text` is the same folded for
    searching. `arranged_by` is the user who last set owner or due time, which then stand; `assigned_by` the
    one who gave it to its owner, if anybody did.

    `about_kind` and `about_id` name what it follows from: a complaint, a survey. It does not exist for the
    user `hidden_from`, who is complained of there.

    `caller` says to whom a promise that arose from a call is owed: a customer's id, else the number they
    called from; None for a withheld number, which is nobody's. While one promise to a caller is open, later
    calls that owe something join it: their rows name it in `part_of`, and are shown nowhere.
    """

    __table_args__ = (
        Index("ix_promise_created", "created_at", "id"),
        Index("ix_promise_customer", "customer_id", "created_at", "id"),
        Index("ix_promise_owner", "owner_id", "created_at", "id"),
        Index("ix_promise_state", "state", "created_at", "id"),
        Index("ix_promise_due", "due_at"),
        Index("ix_promise_closed", "state", "closed_at", "id"),
        Index("ix_promise_part_of", "part_of", sqlite_where=text(A_PART), postgresql_where=text(A_PART)),
        Index("ix_promise_about", "about_id"),
        Index("ix_promise_caller", "caller", "created_at", "id"),
        Index(
            "uq_promise_open_caller",
            "caller",
            unique=True,
            sqlite_where=text(OPEN_TO_CALLER),
            postgresql_where=text(OPEN_TO_CALLER),
        ),
    )
    EDITED: ClassVar[tuple[str, ...]] = ("state", "owner_id", "due_at")

    id: str = Field(primary_key=True, max_length=40)
    kind: str = Field(max_length=16)
    state: str = Field(default=PromiseState.OPEN, max_length=16)
    customer_id: str | None = Field(default=None, foreign_key="customer.id", max_length=40)
    phone: str | None = Field(default=None, max_length=20, index=True)
    caller: str | None = Field(default=None, max_length=40)
    part_of: str | None = Field(default=None, max_length=40)
    call_id: str | None = Field(default=None, foreign_key="call.id", max_length=40, unique=True)
    owner_id: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    what: str | None = Field(default=None, max_length=500)
    search_text: str = Field(default="", sa_column=Column(Text, nullable=False, default=""))
    created_by: str | None = Field(default=None, max_length=40)
    arranged_by: str | None = Field(default=None, max_length=40)
    assigned_by: str | None = Field(default=None, max_length=40)
    due_at: datetime
    created_at: datetime
    closed_at: datetime | None = None
    about_kind: str | None = Field(default=None, max_length=16)
    about_id: str | None = Field(default=None, max_length=40)
    hidden_from: str | None = Field(default=None, max_length=40)
    kept_by: str | None = Field(default=None, max_length=40, index=True)
    decided_by: str | None = Field(default=None, max_length=40)
    decided_at: datetime | None = None


SHOWN_PROMISE = col(Promise.part_of).is_(None)
"""The condition for rows that are shown as promises; each of the others is part of one of them."""


def shown_to(user_id: str | None) -> ColumnElement[bool]:
    """The same for this user, for whom some promises do not exist; None is a program, for which all do."""
    hidden = col(Promise.hidden_from)
    return SHOWN_PROMISE if user_id is None else SHOWN_PROMISE & hidden.is_distinct_from(user_id)
