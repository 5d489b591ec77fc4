"""INSERT … ON CONFLICT DO NOTHING, on either engine."""

from functools import cache
from typing import Any

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from callcrm.models.conventions import table_of
from callcrm.store.deferred_writes import Callback, write_deferred


def insert_if_absent(session: Session, model: type[SQLModel], unique: str, **values: Any) -> Any | None:
    """The new row's primary key, or None where a row with the same value in column `unique` exists.

    Values go to the table as they are: give all of them, since a model's defaults are not applied.
    """
    table = table_of(model)
    row = session.execute(_statement(table, unique, session.get_bind().dialect.name), values).first()
    return None if row is None else row[0]


def insert_if_absent_deferred(
    session: Session, model: type[SQLModel], unique: str, then: Callback | None, **values: Any
) -> None:
    """The same without waiting for it: `then` gets the new row's primary key, if one was inserted."""
    statement = _statement(table_of(model), unique, session.get_bind().dialect.name)
    write_deferred(session, statement, values, then)


@cache
def _statement(table: Table, unique: str, dialect: str) -> Insert:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = insert(table).on_conflict_do_nothing(index_elements=[unique])
    # RETURNING gives a row only where one was inserted: on both engines the sign of who came first.
    return statement.returning(*table.primary_key.columns)
