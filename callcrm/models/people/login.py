"""Signing in at a browser: sessions kept by us, failed attempts, and browsers known from before."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class LoginSession(SQLModel, table=True):
    """Somebody signed in at a browser: a session kept by us, of whose secret only the hash is kept.

    `csrf` is what its forms must bring back; `last_active_at` is the last time a person did something,
    which live streams and polling are not.
    """

    __tablename__ = "login_session"

    hash: str = Field(primary_key=True, max_length=64)
    id: str = Field(unique=True, max_length=40)
    user_id: str = Field(foreign_key="user.id", max_length=40, index=True)
    csrf: str = Field(max_length=64)
    browser: str = Field(default="", max_length=120)
    created_at: datetime
    last_active_at: datetime
    ends_at: datetime = Field(index=True)


class LoginAttempt(SQLModel, table=True):
    """A failed attempt to sign in; `throttle_key` is a hash of the address and of where it came from."""

    __tablename__ = "login_attempt"

    id: str = Field(primary_key=True, max_length=40)
    throttle_key: str = Field(max_length=64, index=True)
    at: datetime = Field(index=True)


class KnownBrowser(SQLModel, table=True):
    """A browser where somebody has signed in before: guesses made elsewhere don't keep them out of it."""

    __tablename__ = "known_browser"

    hash: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(primary_key=True, foreign_key="user.id", max_length=40)
    at: datetime = Field(index=True)
