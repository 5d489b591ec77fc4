"""Complaints, with the files that belong to them and who did what."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, Index, Text, text
from sqlmodel import Field, SQLModel

from callcrm.models.versions import Versioned

OPEN = "closed_at IS NULL"
LESSON_TOLD = "lesson_told"


class About(StrEnum):
    """What a complaint is about."""

    PRODUCT = "product"
    SERVICE = "service"
    STAFF = "staff"


class Stage(StrEnum):
    """How far a complaint is, in the order in which it goes on."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    OFFERED = "offered"
    FOLLOWING_UP = "following_up"
    CLOSED = "closed"


class Remedy(StrEnum):
    """What the customer is offered."""

    REPAIR = "repair"
    REPLACE = "replace"
    REFUND = "refund"
    APOLOGY = "apology"


class Complaint(Versioned, table=True):
    """A customer's complaint. For the user `staff_id`, who is complained of, it does not exist; of one about
    a person it is None where the sender of a form named nobody we know.

    `name` and `phone` are what a sender of the public form says of themselves. `product_key` is the product
    or service folded, so that every spelling counts as one. `second` is where in the call's audio it is said.
    `opened_at` is when the customer complained, `created_at` when it was written down. `late_from` is the
    earlier of `due_at` and the time by which the next stage should be reached; None once it is closed, when
    `resolution_seconds` has the open time of the business that it took.
    `root_cause` is a code of the business's own, `lesson` what was learnt; if `lesson_told`, it may be told
    to other customers.
    """

    __table_args__ = (
        Index("ix_complaint_opened", "opened_at", "id"),
        Index("ix_complaint_customer", "customer_id", "opened_at", "id"),
        Index("ix_complaint_owner", "owner_id", "opened_at", "id"),
        Index("ix_complaint_stage", "stage", "opened_at", "id"),
        Index("ix_complaint_about", "about", "opened_at", "id"),
        Index("ix_complaint_product", "product_key", "opened_at", "id"),
        Index("ix_complaint_staff", "staff_id", "opened_at", "id"),
        Index("ix_complaint_cause", "root_cause", "closed_at", "id"),
        Index("ix_complaint_closed", "closed_at", "root_cause", "staff_id"),
        Index(
            "ix_complaint_open",
            "opened_at",
            "id",
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index(
            "ix_complaint_late",
            "late_from",
            "id",
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index(
            "ix_complaint_lesson",
            "product_key",
            "closed_at",
            "id",
            sqlite_where=text(LESSON_TOLD),
            postgresql_where=text(LESSON_TOLD),
        ),
    )
    EDITED: ClassVar[tuple[str, ...]] = (
        *("stage", "owner_id", "offer", "resolution", "root_cause", "lesson", "lesson_told", "due_at"),
        "staff_id",
    )

    id: str = Field(primary_key=True, max_length=40)
    customer_id: str | None = Field(default=None, foreign_key="customer.id", max_length=40)
    name: str | None = Field(default=None, max_length=200)
    phone: str | None = Field(default=None, max_length=20, index=True)
    call_id: str | None = Field(default=None, foreign_key="call.id", max_length=40, index=True)
    second: int | None = None
    about: str = Field(max_length=8)
    product: str | None = Field(default=None, max_length=200)
    product_key: str | None = Field(default=None, max_length=200)
    staff_id: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    body: str = Field(sa_column=Column(Text, nullable=False))
    search_text: str = Field(sa_column=Column(Text, nullable=False))
    stage: str = Field(default=Stage.RECEIVED, max_length=16)
    owner_id: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    offer: str | None = Field(default=None, max_length=8)
    resolution: str | None = Field(default=None, sa_column=Column(Text))
    root_cause: str | None = Field(default=None, max_length=64)
    lesson: str | None = Field(default=None, sa_column=Column(Text))
    lesson_told: bool = Field(default=False)
    opened_at: datetime
    acknowledged_at: datetime | None = None
    investigating_at: datetime | None = None
    offered_at: datetime | None = None
    following_up_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime
    late_from: datetime | None = None
    resolution_seconds: int | None = None
    created_by: str | None = Field(default=None, max_length=40)
    created_at: datetime


class ComplaintFile(SQLModel, table=True):
    """A file that belongs to a complaint: a photo, a letter. `storage_name` is its name in our storage."""

    __tablename__ = "complaint_file"

    id: str = Field(primary_key=True, max_length=40)
    complaint_id: str = Field(foreign_key="complaint.id", max_length=40, index=True, ondelete="CASCADE")
    name: str = Field(max_length=200)
    content_type: str | None = Field(default=None, max_length=100)
    bytes: int
    sha256: str = Field(max_length=64)
    storage_name: str = Field(max_length=64, index=True)
    created_by: str | None = Field(default=None, max_length=40)
    created_at: datetime


class ComplaintAction(SQLModel, table=True):
    """What somebody did with a complaint: `action` is what, `data` how it was before and is now. `by` is a
    user, None for a program or the sender of a form.
    """

    __tablename__ = "complaint_action"
    __table_args__ = (Index("ix_complaint_action_complaint", "complaint_id", "at", "id"),)

    id: str = Field(primary_key=True, max_length=40)
    complaint_id: str = Field(foreign_key="complaint.id", max_length=40, ondelete="CASCADE")
    at: datetime
    by: str | None = Field(default=None, max_length=40)
    action: str = Field(max_length=16)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
