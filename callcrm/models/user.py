"""People of ours who may sign in, and the tokens programs use in their place."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import true
from sqlmodel import Field, SQLModel


class Role(StrEnum):
    """What somebody may do, from least to most."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class User(SQLModel, table=True):
    """Somebody of ours. `number` is the ordinary phone (E.164) an agent is rung on.

    `theme` is light, dark or the system's; `shortcuts` whether single letters act on the pages.
    """

    id: str = Field(primary_key=True, max_length=40)
    email: str = Field(unique=True, max_length=254)
    name: str = Field(max_length=200)
    role: str = Field(max_length=16)
    number: str | None = Field(default=None, max_length=20)
    language: str = Field(default="en", max_length=8)
    theme: str = Field(default="system", max_length=8, sa_column_kwargs={"server_default": "system"})
    shortcuts: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    password_hash: str | None = Field(default=None, max_length=255)
    created_at: datetime
    disabled_at: datetime | None = None


class Token(SQLModel, table=True):
    """A bearer token of the API; only its hash is kept."""

    id: str = Field(primary_key=True, max_length=40)
    name: str = Field(max_length=200)
    role: str = Field(max_length=16)
    user_id: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    hash: str = Field(unique=True, max_length=64)
    created_at: datetime
    revoked_at: datetime | None = None


class PasswordLink(SQLModel, table=True):
    """A one-time link to set a password; only its hash is kept."""

    __tablename__ = "password_link"

    hash: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="user.id", max_length=40)
    expires_at: datetime
    used_at: datetime | None = None


class SignIn(SQLModel, table=True):
    """Somebody signed in at a browser: a session kept by us, of whose secret only the hash is kept.

    `csrf` is what its forms must bring back; `acted_at` is the last time a person did something,
    which live streams and polling are not.
    """

    __tablename__ = "signin"

    hash: str = Field(primary_key=True, max_length=64)
    id: str = Field(unique=True, max_length=40)
    user_id: str = Field(foreign_key="user.id", max_length=40, index=True)
    csrf: str = Field(max_length=64)
    browser: str = Field(default="", max_length=120)
    created_at: datetime
    acted_at: datetime
    ends_at: datetime = Field(index=True)


class Attempt(SQLModel, table=True):
    """A failed attempt to sign in; `who` is a hash of the address and of where it came from."""

    id: str = Field(primary_key=True, max_length=40)
    who: str = Field(max_length=64, index=True)
    at: datetime = Field(index=True)


class Place(SQLModel, table=True):
    """A browser where somebody has signed in before: guesses made elsewhere don't keep them out of it."""

    hash: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(primary_key=True, foreign_key="user.id", max_length=40)
    at: datetime = Field(index=True)
