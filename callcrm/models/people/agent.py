"""Agents: users who answer calls, what they are doing, and the log of the states they chose."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel

from callcrm.models.versions import Versioned


class AgentState(StrEnum):
    """What an agent is doing; `ringing`, `on_call` and `wrap_up` are set by calls alone."""

    AVAILABLE = "available"
    RINGING = "ringing"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    BREAK = "break"
    OFFLINE = "offline"


class Agent(Versioned, table=True):
    """An agent's live state; shares its id with the user.

    `call_id` is the call that has claimed this agent: set and cleared by compare-and-set alone. `since` is
    when `state` began. `next_state` is what follows the call or wrap-up, if the agent chose a break or to go
    offline during it. `softphone_until` is the end of the softphone's lease. `queues` is None for all.
    `version` also grows with a state that somebody chose, not with those that calls bring about.
    """

    EDITED: ClassVar[tuple[str, ...]] = ("queues", "skills", "languages")

    id: str = Field(primary_key=True, foreign_key="user.id", max_length=40)
    state: str = Field(default=AgentState.OFFLINE, max_length=16, index=True)
    since: datetime
    call_id: str | None = Field(default=None, max_length=40, index=True)
    next_state: str | None = Field(default=None, max_length=16)
    wrap_up_until: datetime | None = None
    softphone_until: datetime | None = None
    queues: list[str] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    skills: list[str] = Field(default=[], sa_type=JSON)  # copied for each row
    languages: list[str] = Field(default=[], sa_type=JSON)


class StateChange(SQLModel, table=True):
    """A state an agent chose, or a supervisor for them (`by_id`): it tells why an agent was not rung."""

    __tablename__ = "state_change"

    id: str = Field(primary_key=True, max_length=40)
    agent_id: str = Field(foreign_key="user.id", max_length=40)
    state: str = Field(max_length=16)
    at: datetime
    by_id: str | None = Field(default=None, max_length=40)

    __table_args__ = (Index("ix_state_change_agent", "agent_id", "at"),)
