"""Conduct: incidents with callers, the ladder of what was decided about them, and agents' cool-downs."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import JSON, Column, Index, Text, text
from sqlmodel import Field, SQLModel

from callcrm.models.versions import Versioned

RULES_ROUTING = "state = 'in_force' AND step IN ('plan', 'ended')"


class IncidentKind(StrEnum):
    """What happened."""

    ABUSE = "abuse"
    THREAT = "threat"
    NUISANCE = "nuisance"
    OTHER = "other"


class Step(StrEnum):
    """The steps of the ladder after an incident, from the mildest."""

    WARNED = "warned"
    PLAN = "plan"
    ENDED = "ended"


class StepState(StrEnum):
    """What has become of a step. One that a later plan took the place of is replaced."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    LIFTED = "lifted"
    REPLACED = "replaced"


class Incident(Versioned, table=True):
    """Something a caller did; `second` is that of the call's audio, `agent_id` is who bore it.

    Without a customer while nobody knows who called. `help_wanted` until a supervisor, `helped_by`, has taken
    it on.
    """

    __table_args__ = (
        Index("ix_incident_customer", "customer_id", "created_at", "id"),
        Index("ix_incident_created", "created_at", "id"),
        Index(
            "ix_incident_help",
            "created_at",
            sqlite_where=text("help_wanted"),
            postgresql_where=text("help_wanted"),
        ),
    )
    EDITED: ClassVar[tuple[str, ...]] = ("kind", "body", "help_wanted", "helped_by")

    id: str = Field(primary_key=True, max_length=40)
    customer_id: str | None = Field(default=None, foreign_key="customer.id", max_length=40)
    call_id: str | None = Field(default=None, foreign_key="call.id", max_length=40, index=True)
    kind: str = Field(max_length=16)
    second: float | None = None
    body: str = Field(default="", sa_column=Column(Text, nullable=False, default=""))
    search_text: str = Field(default="", sa_column=Column(Text, nullable=False, default=""))
    agent_id: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    created_by: str = Field(max_length=40)
    created_at: datetime
    help_wanted: bool = False
    helped_by: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    helped_at: datetime | None = None


class ConductStep(Versioned, table=True):
    """One step of a customer's ladder, proposed and decided: everything that was written about it stays.

    `text` is the wording of a warning. A plan names the one agent who speaks with the customer; `hours` are a
    flow's, None for always. Without a `review_at` nobody is reminded. Of several steps that rule routing
    the ending goes before a plan, and then the one decided last.
    """

    __tablename__ = "conduct_step"
    __table_args__ = (
        Index("ix_conduct_step_customer", "customer_id", "proposed_at", "id"),
        Index("ix_conduct_step_state", "state", "proposed_at", "id"),
        Index("ix_conduct_step_review", "state", "review_at"),
        Index(
            "ix_conduct_step_rules",
            "customer_id",
            sqlite_where=text(RULES_ROUTING),
            postgresql_where=text(RULES_ROUTING),
        ),
    )
    EDITED: ClassVar[tuple[str, ...]] = ("state", "review_at")

    id: str = Field(primary_key=True, max_length=40)
    customer_id: str = Field(foreign_key="customer.id", max_length=40)
    incident_id: str | None = Field(default=None, max_length=40, index=True)
    step: str = Field(max_length=16)
    state: str = Field(max_length=16)
    reason: str = Field(sa_column=Column(Text, nullable=False))
    text: str = Field(default="", sa_column=Column(Text, nullable=False, default=""))
    agent_id: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    hours: dict[str, list[str]] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    channel: str | None = Field(default=None, max_length=16)
    review_at: datetime | None = None
    proposed_by: str = Field(max_length=40)
    proposed_at: datetime
    decided_by: str | None = Field(default=None, max_length=40)
    decided_at: datetime | None = None
    lifted_by: str | None = Field(default=None, max_length=40)
    lifted_at: datetime | None = None
    lifted_reason: str = Field(default="", sa_column=Column(Text, nullable=False, default=""))


class CoolDown(SQLModel, table=True):
    """An agent's break after an incident, which ends by itself; `ends_at` once it has begun."""

    __tablename__ = "cool_down"

    agent_id: str = Field(primary_key=True, foreign_key="user.id", max_length=40)
    incident_id: str = Field(max_length=40)
    minutes: int
    asked_at: datetime
    ends_at: datetime | None = None
