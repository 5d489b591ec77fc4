"""Satisfaction surveys: who was asked for a mark after a call, and what they answered."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, Index, Text
from sqlmodel import Field, SQLModel

from callcrm.models.versions import Versioned


class SurveyKind(StrEnum):
    """What is asked: how content the caller was, how easy it was, whether they would recommend us."""

    CSAT = "csat"
    EFFORT = "effort"
    NPS = "nps"


class SurveyChannel(StrEnum):
    """How it is asked."""

    KEYPRESS = "keypress"
    SMS = "sms"
    LINK = "link"


# The lowest and the highest mark of each kind; the highest is the best.
SCALES = {SurveyKind.CSAT: (1, 5), SurveyKind.EFFORT: (1, 7), SurveyKind.NPS: (0, 10)}
# Marks up to these are bad: somebody is to ask what went wrong.
BAD_UP_TO = {SurveyKind.CSAT: 2, SurveyKind.EFFORT: 2, SurveyKind.NPS: 6}
HAPPY_FROM = {SurveyKind.CSAT: 4, SurveyKind.EFFORT: 6, SurveyKind.NPS: 9}


class SurveyResponse(Versioned, table=True):
    """A caller who was asked after a call, one at most for each call, and their answer once there is one.

    `agent_id`, `queue`, `language`, `menu` (the keys of the menus, such as `main:1`) and `talk_seconds` are
    the call's, `tier` is the customer's as it was then: for grouping without them. `token` is the secret of
    the link, None where none was sent. With `may_share` the customer has permitted that others are told;
    `story_at` is when, and `story_by` by whom, the comment was made a success story.
    """

    __tablename__ = "survey_response"
    __table_args__ = (
        Index("ix_survey_response_asked", "asked_at", "id"),
        Index("ix_survey_response_customer", "customer_id", "asked_at", "id"),
        Index("ix_survey_response_phone", "phone", "asked_at"),
        Index("ix_survey_response_agent", "agent_id", "asked_at", "id"),
        Index("ix_survey_response_answered", "answered_at", "kind", "score"),
        Index("ix_survey_response_story", "story_at", "id"),
    )
    EDITED: ClassVar[tuple[str, ...]] = ("score", "comment", "story_at")

    id: str = Field(primary_key=True, max_length=40)
    kind: str = Field(max_length=8)
    channel: str = Field(max_length=8)
    call_id: str = Field(foreign_key="call.id", max_length=40, unique=True)
    customer_id: str | None = Field(default=None, foreign_key="customer.id", max_length=40)
    phone: str | None = Field(default=None, max_length=20)
    agent_id: str | None = Field(default=None, max_length=40)
    queue: str | None = Field(default=None, max_length=64)
    language: str = Field(default="en", max_length=8)
    menu: str = Field(default="", max_length=200)
    talk_seconds: int | None = None
    tier: str | None = Field(default=None, max_length=64)
    asked_at: datetime
    answered_at: datetime | None = None
    score: int | None = None
    comment: str = Field(default="", sa_column=Column(Text, nullable=False, default=""))
    commented_at: datetime | None = None
    token: str | None = Field(default=None, max_length=64, unique=True)
    message_id: str | None = Field(default=None, max_length=40)
    may_share: bool = False
    story_at: datetime | None = None
    story_by: str | None = Field(default=None, max_length=40)


class SurveyDigest(SQLModel, table=True):
    """The results of a week (`2026-W05`) for one user, as they were at its end; `figures` is what the page
    shows.
    """

    __tablename__ = "survey_digest"
    __table_args__ = (Index("ix_survey_digest_user", "user_id", "week", unique=True),)

    id: str = Field(primary_key=True, max_length=40)
    user_id: str = Field(foreign_key="user.id", max_length=40, ondelete="CASCADE")
    week: str = Field(max_length=8)
    figures: Any = Field(sa_type=JSON)
    created_at: datetime
    seen_at: datetime | None = None
