"""Deleting what is too old, some of it at a time: whoever writes meanwhile waits for no more than that."""

from sqlalchemy import ColumnElement, delete, select, tuple_
from sqlmodel import Session, SQLModel

from callcrm.models.conventions import table_of

SOME = 1000  # rows


def delete_some(session: Session, model: type[SQLModel], *conditions: ColumnElement[bool]) -> int:
    """Deletes at most SOME rows that meet the conditions and returns how many; at SOME there may be more."""
    table = table_of(model)
    key = tuple_(*table.primary_key.columns)
    old = select(*table.primary_key.columns).where(*conditions).limit(SOME)
    deleted = session.connection().execute(delete(table).where(key.in_(old)))
    return deleted.rowcount
