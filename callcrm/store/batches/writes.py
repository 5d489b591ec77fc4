"""Many rows written at once.

To PostgreSQL they go as one document, in one round trip: a statement for each row costs it, and us, ten times
as much. To SQLite a round trip is nothing.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Dialect, Table
from sqlmodel import Session

from callcrm.store.batches.values import Rows, as_stored


def insert_rows(session: Session, table: Table, rows: Rows, conflict: str = "") -> None:
    """Inserts rows that have the same columns; `conflict` is what follows ON CONFLICT, in SQL."""
    if rows:
        _write(session, table, rows, _insertion, conflict)


def update_rows(session: Session, table: Table, key: str, rows: Rows) -> None:
    """Changes the rows that have these values in the column `key` to the other values of each; a version is
    counted on.
    """
    if rows:
        _write(session, table, [{key: row[key], **row} for row in rows], _change, key)


def _write(session: Session, table: Table, rows: Rows, statement: Any, detail: str) -> None:
    session.flush()
    connection = session.connection()
    names, dialect = tuple(rows[0]), connection.dialect
    driver: Any = connection.connection.driver_connection
    sql = statement(table, names, detail, dialect)
    if dialect.name == "sqlite":
        if statement is _change:  # whose key comes last
            names = (*names[1:], names[0])
        driver.executemany(sql, as_stored(table, names, rows, dialect))
    else:
        driver.execute(sql, (json.dumps(rows, default=datetime.isoformat),))


@cache
def _insertion(table: Table, names: Sequence[str], conflict: str, dialect: Dialect) -> str:
    columns = _list(names)
    on_conflict = f"ON CONFLICT {conflict}" if conflict else ""
    if dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        return f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks}) {on_conflict}'  # noqa: S608
    rows = _rows(table, names, dialect)
    return f'INSERT INTO "{table.name}" ({columns}) SELECT {columns} FROM {rows} {on_conflict}'  # noqa: S608


@cache
def _change(table: Table, names: Sequence[str], key: str, dialect: Dialect) -> str:
    others = [name for name in names if name != key]
    counted = ['"version" = old."version" + 1'] if "version" in table.c else []
    if dialect.name == "sqlite":
        values = ", ".join([*(f'"{name}" = ?' for name in others), *counted])
        return f'UPDATE "{table.name}" AS old SET {values} WHERE "{key}" = ?'  # noqa: S608
    values = ", ".join([*(f'"{name}" = new."{name}"' for name in others), *counted])
    rows = _rows(table, names, dialect)
    return f'UPDATE "{table.name}" AS old SET {values} FROM {rows} WHERE old."{key}" = new."{key}"'  # noqa: S608


def _list(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _rows(table: Table, names: Sequence[str], dialect: Dialect) -> str:
    types = ", ".join(f'"{name}" {table.c[name].type.compile(dialect)}' for name in names)
    return f"json_to_recordset(%s) AS new ({types})"
