"""Users, the API tokens that act for them, and the links by which they set passwords."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlmodel import Field, SQLModel

from callcrm.models.versions import Versioned


class Role(StrEnum):
    """What a user may do, from least to most."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"

    def at_least(self, role: "Role") -> bool:
        """Whether this role may do whatever the other may."""
        order = list(Role)
        return order.index(self) >= order.index(role)


class User(Versioned, table=True):
    """Somebody who works here. `number` is the ordinary phone (E.164) an agent is rung on.

    `theme` is light, dark or system; `shortcuts` is whether single letters are keyboard shortcuts.
    `attacked_at` is the latest guess at the password while there were too many of them.
    """

    EDITED: ClassVar[tuple[str, ...]] = (
        "email",
        "name",
        "role",
        "number",
        "language",
        "theme",
        "shortcuts",
        "disabled_at",
    )

    id: str = Field(primary_key=True, max_length=40)
    email: str = Field(unique=True, max_length=254)
    name: str = Field(max_length=200)
    role: str = Field(max_length=16)
    number: str | None = Field(default=None, max_length=20)
    language: str = Field(default="en", max_length=8)
    theme: str = Field(default="system", max_length=8)
    shortcuts: bool = Field(default=True)
    password_hash: str | None = Field(default=None, max_length=255)
    created_at: datetime
    disabled_at: datetime | None = None
    attacked_at: datetime | None = None


class Token(SQLModel, table=True):
    """A bearer token of the API, of a user or, without `user_id`, of a program; only its hash is stored.

    It is good until `expires_at`, for ever without one. `last_used_at` is written at most once a minute.
    """

    id: str = Field(primary_key=True, max_length=40)
    name: str = Field(max_length=200)
    role: str = Field(max_length=16)
    user_id: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    secret_hash: str = Field(unique=True, max_length=64)
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class PasswordLink(SQLModel, table=True):
    """A one-time link to set a password; only the hash of its secret is stored."""

    __tablename__ = "password_link"

    secret_hash: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="user.id", max_length=40)
    expires_at: datetime
    used_at: datetime | None = None
