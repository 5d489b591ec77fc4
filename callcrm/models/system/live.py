"""Live events, kept for clients that were away, and who has a live stream open."""

from datetime import datetime

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel


class LiveEvent(SQLModel, table=True):
    """One announcement: ids only, never a person's data. `to` are user ids; supervisors as well if set. The
    user `hidden_from` is never sent it.
    """

    __tablename__ = "live_event"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    kind: str = Field(max_length=24)
    subject: str = Field(max_length=64)
    to: list[str] = Field(default=[], sa_type=JSON)  # copied for each row
    supervisors: bool = False
    hidden_from: str | None = Field(default=None, max_length=40)


class Presence(SQLModel, table=True):
    """A user with a live stream open at one of our processes, which says so again before `until`."""

    process: str = Field(primary_key=True, max_length=40)
    user_id: str = Field(primary_key=True, max_length=40, index=True)
    until: datetime = Field(index=True)
