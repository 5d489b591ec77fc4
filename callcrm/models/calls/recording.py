"""Recordings of calls: at the carrier first, then in our storage."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel


class RecordingKind(StrEnum):
    """What was recorded."""

    CALL = "call"
    VOICEMAIL = "voicemail"


class RecordingStatus(StrEnum):
    """Where the audio is: to be fetched, in our storage, given up on, or deleted."""

    PENDING = "pending"
    STORED = "stored"
    FAILED = "failed"
    DELETED = "deleted"


class Recording(SQLModel, table=True):
    """A recording. `storage_name` is the random name it is stored under; `error` why it is not (yet).

    `peaks` is its waveform: per channel, that of the call's root leg first, values of 0 to 100 of equal
    intervals.
    """

    __table_args__ = (Index("ix_recording_status", "status", "created_at"),)

    id: str = Field(primary_key=True, max_length=40)
    call_id: str = Field(foreign_key="call.id", max_length=40, index=True)
    carrier_sid: str = Field(unique=True, max_length=64)
    kind: str = Field(max_length=16)
    status: str = Field(default=RecordingStatus.PENDING, max_length=16)
    duration_seconds: int | None = None
    channels: int | None = None
    bytes: int | None = None
    sha256: str | None = Field(default=None, max_length=64)
    content_type: str | None = Field(default=None, max_length=64)
    storage_name: str | None = Field(default=None, max_length=64, index=True)
    error: str | None = Field(default=None, max_length=255)
    peaks: list[list[int]] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    created_at: datetime
    stored_at: datetime | None = None
