"""The bank of answers: questions people ask, what we say, who wrote it, and whether it helped."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, Index, Text, text
from sqlmodel import Field, SQLModel

from callcrm.models.versions import Versioned

STILL_OPEN = "settled_at IS NULL"


class AnswerState(StrEnum):
    """Whether an answer is for everybody, or waits for a supervisor."""

    PROPOSED = "proposed"
    PUBLISHED = "published"


class LinkKind(StrEnum):
    """What of a call an answer belongs to."""

    MENU = "menu"
    DISPOSITION = "disposition"
    SUBJECT = "subject"


class Answer(Versioned, table=True):
    """A question and its answer. `text_number` is the number of the text that is shown; `proposed_number` of
    a newer one that waits for a supervisor while this one stays, None if none does. `used` counts how often
    it was opened beside a call. `search_text` is question and answer folded for searching.
    """

    __table_args__ = (
        Index("ix_answer_created", "created_at", "id"),
        Index("ix_answer_used", "state", "used", "id"),
        Index("ix_answer_queue", "queue", "used", "id"),
    )
    EDITED: ClassVar[tuple[str, ...]] = (
        *("question", "body", "language", "queue", "state", "links", "text_number", "proposed_number"),
    )

    id: str = Field(primary_key=True, max_length=40)
    question: str = Field(max_length=500)
    body: str = Field(sa_column=Column(Text, nullable=False))
    language: str = Field(max_length=8)
    queue: str | None = Field(default=None, max_length=64)
    links: dict[str, Any] = Field(default={}, sa_type=JSON)
    state: str = Field(max_length=16)
    text_number: int = 1
    proposed_number: int | None = None
    proposed_by: str | None = Field(default=None, max_length=40, index=True)
    search_text: str = Field(sa_column=Column(Text, nullable=False))
    helped: int = 0
    did_not_help: int = 0
    used: int = 0
    created_by: str | None = Field(default=None, max_length=40)
    created_at: datetime
    updated_at: datetime


class AnswerText(SQLModel, table=True):
    """One text an answer had, has or may get: who wrote it when, and who published it when."""

    __tablename__ = "answer_text"

    answer_id: str = Field(primary_key=True, foreign_key="answer.id", max_length=40, ondelete="CASCADE")
    number: int = Field(primary_key=True)
    question: str = Field(max_length=500)
    body: str = Field(sa_column=Column(Text, nullable=False))
    language: str = Field(max_length=8)
    queue: str | None = Field(default=None, max_length=64)
    links: dict[str, Any] = Field(default={}, sa_type=JSON)
    written_by: str | None = Field(default=None, max_length=40)
    written_at: datetime
    published_by: str | None = Field(default=None, max_length=40)
    published_at: datetime | None = None


class AnswerLink(SQLModel, table=True):
    """That an answer belongs to a menu, a disposition or a subject: `links` of the answer, to be found by."""

    __tablename__ = "answer_link"
    __table_args__ = (Index("ix_answer_link_code", "kind", "code", "answer_id"),)

    answer_id: str = Field(primary_key=True, foreign_key="answer.id", max_length=40, ondelete="CASCADE")
    kind: str = Field(primary_key=True, max_length=16)
    code: str = Field(primary_key=True, max_length=64)


class AnswerFeedback(SQLModel, table=True):
    """Whether an answer helped; one user has one opinion of it on a call, the last."""

    __tablename__ = "answer_feedback"
    __table_args__ = (Index("ix_answer_feedback_answer", "answer_id", "call_id"),)

    id: str = Field(primary_key=True, max_length=40)
    answer_id: str = Field(foreign_key="answer.id", max_length=40, ondelete="CASCADE")
    call_id: str | None = Field(default=None, foreign_key="call.id", max_length=40, index=True)
    user_id: str | None = Field(default=None, max_length=40)
    helped: bool
    at: datetime


class OpenQuestion(SQLModel, table=True):
    """A question that nothing in the bank answered. Those of one `question_key`, the folded text, are one on
    the page; `settled_at` is when it was answered by `answer_id`, or laid aside without.
    """

    __tablename__ = "open_question"
    __table_args__ = (
        Index(
            "ix_open_question_key",
            "question_key",
            "at",
            sqlite_where=text(STILL_OPEN),
            postgresql_where=text(STILL_OPEN),
        ),
    )

    id: str = Field(primary_key=True, max_length=40)
    question: str = Field(max_length=500)
    question_key: str = Field(max_length=500)
    language: str = Field(max_length=8)
    queue: str | None = Field(default=None, max_length=64)
    call_id: str | None = Field(default=None, foreign_key="call.id", max_length=40, index=True)
    customer_id: str | None = Field(default=None, foreign_key="customer.id", max_length=40, index=True)
    asked_by: str | None = Field(default=None, max_length=40)
    at: datetime
    settled_at: datetime | None = None
    settled_by: str | None = Field(default=None, max_length=40)
    answer_id: str | None = Field(default=None, max_length=40, index=True)
