"""Feedback: what people say of products and services, and the themes it is gathered under."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Column, Index, Text
from sqlmodel import Field

from callcrm.models.versions import Versioned


class FeedbackKind(StrEnum):
    """What is said of a product."""

    WORKS = "works"
    DOES_NOT = "does_not"
    MISSING = "missing"
    COMPETITOR = "competitor"


class ThemeState(StrEnum):
    """What becomes of it: heard from the first word on, until somebody decides."""

    HEARD = "heard"
    PLANNED = "planned"
    DONE = "done"
    NOT_NOW = "not_now"


class FeedbackTheme(Versioned, table=True):
    """What several customers say of one product, of one kind. `product_key` is the product folded, so that
    every spelling counts as one.

    `decided_by` is the user who last set the state, at `decided_at`; None while nobody has. `part_of` is the
    theme that it was merged into, which alone is shown.
    """

    __tablename__ = "feedback_theme"
    __table_args__ = (
        Index("ix_feedback_theme_created", "created_at", "id"),
        Index("ix_feedback_theme_product", "product_key", "kind", "created_at", "id"),
        Index("ix_feedback_theme_state", "state", "created_at", "id"),
    )
    EDITED: ClassVar[tuple[str, ...]] = ("text", "state", "part_of")

    id: str = Field(primary_key=True, max_length=40)
    product: str = Field(max_length=200)
    product_key: str = Field(max_length=200)
    kind: str = Field(max_length=16)
    text: str = Field(max_length=200)
    state: str = Field(default=ThemeState.HEARD, max_length=16)
    part_of: str | None = Field(default=None, foreign_key="feedback_theme.id", max_length=40, index=True)
    decided_by: str | None = Field(default=None, max_length=40)
    decided_at: datetime | None = None
    created_by: str | None = Field(default=None, max_length=40)
    created_at: datetime


class Feedback(Versioned, table=True):
    """What somebody said of a product: `body` is in their words, `search_text` its words for searching.

    Product and kind are its theme's. `told_at` is when the customer was told that it is done, by the user
    `told_by`: once for all that they said of the theme.
    """

    __table_args__ = (
        Index("ix_feedback_created", "created_at", "id"),
        Index("ix_feedback_customer", "customer_id", "created_at", "id"),
        Index("ix_feedback_theme_id", "theme_id", "created_at", "id"),
        Index("ix_feedback_product", "product_key", "kind", "created_at", "id"),
        Index("ix_feedback_kind", "kind", "created_at", "id"),
    )
    EDITED: ClassVar[tuple[str, ...]] = ("theme_id", "told_at")

    id: str = Field(primary_key=True, max_length=40)
    theme_id: str = Field(foreign_key="feedback_theme.id", max_length=40)
    product: str = Field(max_length=200)
    product_key: str = Field(max_length=200)
    kind: str = Field(max_length=16)
    body: str = Field(sa_column=Column(Text, nullable=False))
    search_text: str = Field(sa_column=Column(Text, nullable=False))
    customer_id: str | None = Field(default=None, foreign_key="customer.id", max_length=40)
    call_id: str | None = Field(default=None, foreign_key="call.id", max_length=40, index=True)
    created_by: str | None = Field(default=None, max_length=40)
    created_at: datetime
    told_at: datetime | None = None
    told_by: str | None = Field(default=None, max_length=40)
