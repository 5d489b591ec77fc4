"""Rows that a verb is about to change, locked until its commit."""

from typing import TypeVar

from sqlmodel import Session, SQLModel

Row = TypeVar("Row", bound=SQLModel)


def locked(session: Session, model: type[Row], key: str) -> Row | None:
    """The row as it is now, which no other verb changes before this one's commit; None if there is none."""
    return session.get(model, key, with_for_update=True, populate_existing=True)
