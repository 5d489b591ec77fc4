"""Work for later, enqueued in the transaction that causes it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlmodel import Field, SQLModel

DUE = "done_at IS NULL AND dead_at IS NULL"


class Job(SQLModel, table=True):
    """One piece of later work. `dedupe_key` keeps it single; `dead_at` marks one given up on, visibly."""

    __table_args__ = (Index("ix_job_due", "run_at", sqlite_where=text(DUE), postgresql_where=text(DUE)),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=64)
    dedupe_key: str = Field(unique=True, max_length=160)
    payload: dict[str, Any] = Field(sa_type=JSON)
    run_at: datetime
    attempts: int = 0
    lease_until: datetime | None = None
    last_error: str | None = Field(default=None, max_length=255)
    done_at: datetime | None = None
    dead_at: datetime | None = None
