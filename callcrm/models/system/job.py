"""Background jobs."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlmodel import Field, SQLModel

DUE = "done_at IS NULL AND dead_at IS NULL"
DONE = "done_at IS NOT NULL"
DEAD = "dead_at IS NOT NULL"


class Job(SQLModel, table=True):
    """A job, due at `run_at` until `done_at`, or until `dead_at`, when it was given up on.

    Of one `dedupe_key` there is one job. A worker that runs it holds it until `lease_until`.
    """

    __table_args__ = (
        Index("ix_job_due", "run_at", sqlite_where=text(DUE), postgresql_where=text(DUE)),
        Index("ix_job_done", "done_at", sqlite_where=text(DONE), postgresql_where=text(DONE)),
        Index("ix_job_dead", "dead_at", sqlite_where=text(DEAD), postgresql_where=text(DEAD)),
    )

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
