"""What is kept for a browser: forms whose session had ended when they were sent, searches to come back to."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel


class FormToken(SQLModel, table=True):
    """Whose the token of a form is, or was: it outlives the login session, which may be gone by then."""

    __tablename__ = "form_token"

    token: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="user.id", max_length=40, index=True)
    created_at: datetime = Field(index=True)


class KeptForm(SQLModel, table=True):
    """A form that was sent with such a token: its address and fields, in pairs, passwords left out.

    Only who has the secret, in a cookie of the browser that sent it, and is `user_id`, is shown it.
    """

    __tablename__ = "kept_form"

    secret_hash: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="user.id", max_length=40, index=True)
    path: str = Field(max_length=500)
    fields: list[list[Any]] = Field(sa_type=JSON)
    kept_at: datetime = Field(index=True)


class KeptSearch(SQLModel, table=True):
    """What somebody searched for, kept for the session of the browser they did it in: the page of results has
    an address, to which one comes back, and its words stand in none.
    """

    __tablename__ = "kept_search"

    id: str = Field(primary_key=True, max_length=40)
    session_id: str = Field(max_length=40, index=True)
    path: str = Field(max_length=100)
    fields: dict[str, str] = Field(sa_type=JSON)
    kept_at: datetime = Field(index=True)
