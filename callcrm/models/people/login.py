"""Logins in browsers: sessions, failed attempts, and browsers known from before."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class LoginSession(SQLModel, table=True):
    """A user signed in in a browser, until `ends_at`. The secret itself is in the cookie alone.

    `csrf` is the token its forms must send; `last_active_at` is the last time the user did something,
    which live streams and polling are not.
    """

    __tablename__ = "login_session"

    secret_hash: str = Field(primary_key=True, max_length=64)
    id: str = Field(unique=True, max_length=40)
    user_id: str = Field(foreign_key="user.id", max_length=40, index=True)
    csrf: str = Field(max_length=64)
    browser: str = Field(default="", max_length=120)
    created_at: datetime
    last_active_at: datetime
    ends_at: datetime = Field(index=True)


class LoginAttempt(SQLModel, table=True):
    """A failed attempt to sign in; `throttle_key` is a hash of what it is counted under."""

    __tablename__ = "login_attempt"

    id: str = Field(primary_key=True, max_length=40)
    throttle_key: str = Field(max_length=64, index=True)
    at: datetime = Field(index=True)


class AccountGuesses(SQLModel, table=True):
    """How often strangers tried to sign in to one account within a day, and when last.

    `account_key` is a hash of the e-mail address, of a user or of nobody.
    """

    __tablename__ = "account_guesses"

    account_key: str = Field(primary_key=True, max_length=64)
    attempts: int
    last_at: datetime = Field(index=True)


class KnownBrowser(SQLModel, table=True):
    """A browser in which a user has signed in before: guesses made elsewhere do not lock them out of it."""

    __tablename__ = "known_browser"

    secret_hash: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(primary_key=True, foreign_key="user.id", max_length=40)
    last_login_at: datetime = Field(index=True)
