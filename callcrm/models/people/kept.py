"""Forms whose session had ended when they were sent, kept until their user has signed in again."""

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
