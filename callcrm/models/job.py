"""Work for later, enqueued in the transaction that causes it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel


class Job(SQLModel, table=True):
    """One piece of later work. `dedupe_key` keeps it single; `dead_at` marks one given up on, visibly."""

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=32)
    dedupe_key: str = Field(unique=True, max_length=160)
    payload: dict[str, Any] = Field(sa_type=JSON)
    run_at: datetime = Field(index=True)
    attempts: int = 0
    lease_until: datetime | None = None
    last_error: str | None = Field(default=None, max_length=255)
    done_at: datetime | None = None
    dead_at: datetime | None = None
