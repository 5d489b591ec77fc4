"""A call, its legs and the pops it caused: projections of the ledger, plus what people added."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, Index, text
from sqlmodel import Field, SQLModel

from callcrm.base.phones import shown_address
from callcrm.models.versions import Versioned

LONG_WAIT = 120  # seconds in a queue
OF_A_SUBJECT = "subject IS NOT NULL"


class Direction(StrEnum):
    """Whether the customer called us, or we them."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class CallState(StrEnum):
    """Where in its life a call is."""

    RINGING = "ringing"
    IVR = "ivr"
    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    ENDED = "ended"


class Outcome(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    VOICEMAIL = "voicemail"
    CALLBACK = "callback"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    CANCELED = "canceled"


class Call(Versioned, table=True):
    """One call with all its legs.

    Everything above the line in the class is derived from the ledger and may be derived again. `phone` is the
    other party's number (E.164). `identified_by` is who set `customer_id`: a user id, or `number` if the
    number alone was certain. `answered_by` is `human` or `machine`, where the carrier tells who answered a
    call of ours. `last_event_at` is when, by our clock, the last event of the call came.
    """

    __table_args__ = (
        # With all that is counted of a period: so no row of the table is read for that. An index by outcome
        # would be quicker, but SQLite, which has no statistics, would take it where one by customer is right.
        Index("ix_call_started", "started_at", "id", "direction", "outcome", "wait_seconds"),
        Index("ix_call_customer", "customer_id", "started_at", "id"),
        Index("ix_call_phone", "phone", "started_at", "id"),
        Index("ix_call_agent", "agent_id", "started_at", "id"),
        Index(
            "ix_call_subject",
            "subject",
            "started_at",
            "id",
            sqlite_where=text(OF_A_SUBJECT),
            postgresql_where=text(OF_A_SUBJECT),
        ),
    )
    EDITED: ClassVar[tuple[str, ...]] = ("customer_id", "disposition", "subject")

    id: str = Field(primary_key=True, max_length=40)
    carrier: str = Field(default="twilio", max_length=24)
    carrier_sid: str = Field(unique=True, max_length=64)
    direction: str = Field(max_length=10)
    from_raw: str | None = Field(default=None, max_length=255)
    to_raw: str | None = Field(default=None, max_length=255)
    from_e164: str | None = Field(default=None, max_length=20)
    to_e164: str | None = Field(default=None, max_length=20)
    phone: str | None = Field(default=None, max_length=20)
    state: str = Field(max_length=16, index=True)
    outcome: str | None = Field(default=None, max_length=16)
    agent_id: str | None = Field(default=None, max_length=40)
    queue: str | None = Field(default=None, max_length=64)
    language: str | None = Field(default=None, max_length=8)
    # Each row gets a copy. A `default_factory` would have pydantic inspect its signature for every row.
    ivr_path: list[dict[str, Any]] = Field(default=[], sa_type=JSON)
    started_at: datetime
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    wait_seconds: int | None = None
    talk_seconds: int | None = None
    duration_seconds: int | None = None
    answered_by: str | None = Field(default=None, max_length=8)
    # ---
    customer_id: str | None = Field(default=None, foreign_key="customer.id", max_length=40)
    identified_by: str | None = Field(default=None, max_length=40)
    disposition: str | None = Field(default=None, max_length=64)
    subject: str | None = Field(default=None, max_length=64)
    last_event_at: datetime | None = None

    @property
    def address(self) -> str | None:
        """The other party where `phone` is None: a SIP address or short code; None if it is withheld too."""
        raw = self.to_raw if self.direction == Direction.OUTBOUND else self.from_raw
        return None if self.phone else shown_address(raw)


class Leg(SQLModel, table=True):
    """One phone within a call, that rang us or was rung; derived from the ledger.

    `target` is what was rung: an E.164 number, `sip:…` or `client:…`.
    """

    carrier_sid: str = Field(primary_key=True, max_length=64)
    call_id: str = Field(foreign_key="call.id", max_length=40, index=True, ondelete="CASCADE")
    position: int = 0
    agent_id: str | None = Field(default=None, max_length=40, index=True)
    target: str | None = Field(default=None, max_length=255)
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    status: str | None = Field(default=None, max_length=16)


class Pop(SQLModel, table=True):
    """A call shown on an agent's screen, and how far it got: sent, delivered, seen."""

    id: str = Field(primary_key=True, max_length=40)
    call_id: str = Field(foreign_key="call.id", max_length=40, index=True, ondelete="CASCADE")
    agent_id: str = Field(foreign_key="user.id", max_length=40, index=True)
    sent_at: datetime
    delivered_at: datetime | None = None
    seen_at: datetime | None = None
