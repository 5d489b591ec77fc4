"""Filling an empty store: rows by the million in one transaction, with the indexes made at the end.

Killed at any moment, it leaves the store as it was.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Connection
from sqlmodel import Session, SQLModel

from callcrm.base.clock import Clock
from callcrm.base.errors import Refused
from callcrm.store import migrate
from callcrm.store.batches.values import Rows, as_stored
from callcrm.store.derived import triggers
from callcrm.store.sqlite import is_busy

CACHE_KILOBYTES = 256 * 1024
# In an empty file a rollback has nothing to restore, so its journal stays empty; a WAL takes every page.
# It needs the file for itself.
SQLITE_BEGIN = (
    "PRAGMA threads=2",  # that sort rows for an index
    f"PRAGMA cache_size=-{CACHE_KILOBYTES}",
    "PRAGMA foreign_keys=OFF",
    "BEGIN EXCLUSIVE",
)
# Of FTS5: how much of the index is gathered before it is written as a segment, and how many segments of a
# level are merged while more are written. Few merges and one of all at the end take half of the time. What is
# left is one segment levels above those of single commits, which is not merged with them for long. FTS5 keeps
# what is set.
SQLITE_INDEX_OPTION = "INSERT INTO search_fts (search_fts, rank) VALUES (?, ?)"
SQLITE_INDEX_MERGE = "INSERT INTO search_fts (search_fts) VALUES ('optimize')"
BULK_OPTIONS = (("hashsize", 8 << 20), ("automerge", 16))
DEFAULT_OPTIONS = (("hashsize", 1 << 20), ("automerge", 4))
SQLITE_END = ("COMMIT", "PRAGMA journal_mode=WAL")
SQLITE_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
# Indexes of constraints can't be dropped by themselves.
POSTGRES_INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = current_schema()
      AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


class BulkLoad:
    """An open transaction that takes rows in bulk."""

    def __init__(self, connection: Connection) -> None:
        self._driver: Any = connection.connection.driver_connection
        self.on_sqlite = connection.dialect.name == "sqlite"
        self.session = Session(connection)

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
        """Inserts rows whose values are as the engine stores them: text, numbers, None, times with
        `time_suffix`. Columns left out get their model's default.
        """
        columns, defaults = _with_defaults(table, columns)
        if defaults:
            rows = (row + defaults for row in rows)
        names = ", ".join(f'"{name}"' for name in columns)
        if self.on_sqlite:
            marks = ", ".join("?" * len(columns))
            self._driver.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)  # noqa: S608
            return
        with self._driver.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)

    def insert_values(self, table: str, rows: Rows) -> None:
        """Inserts rows of the same columns, whose values are as a statement of SQLAlchemy takes them."""
        if rows:
            names = list(rows[0])
            dialect = self.session.get_bind().dialect
            self.insert(table, names, as_stored(SQLModel.metadata.tables[table], names, rows, dialect))

    def time_suffix(self) -> str:
        """What follows `YYYY-MM-DD HH:MM:SS` in a time as the engine stores it."""
        return ".000000" if self.on_sqlite else "+00"


@contextmanager
def bulk_load(url: str, clock: Clock) -> Iterator[BulkLoad]:
    """A transaction in which the store at this URL is filled; committed at the end of the block.

    Refused on SQLite while another process has the file open.
    """
    with migrate.connect(url, clock) as connection:
        driver: Any = connection.connection.driver_connection
        on_sqlite = connection.dialect.name == "sqlite"
        if on_sqlite:
            _leave_wal(driver)
        for sql in SQLITE_BEGIN if on_sqlite else ("BEGIN",):
            driver.execute(sql)
        triggers.remove(driver, on_sqlite=on_sqlite)
        indexes = driver.execute(SQLITE_INDEXES if on_sqlite else POSTGRES_INDEXES).fetchall()
        for name, _sql in indexes:
            driver.execute(f'DROP INDEX "{name}"')
        load = BulkLoad(connection)
        yield load
        load.session.flush()
        for _name, sql in indexes:
            driver.execute(sql)
        with unmerged_index(driver, on_sqlite=on_sqlite):
            triggers.fill(driver, on_sqlite=on_sqlite)
        triggers.install(driver, on_sqlite=on_sqlite)
        for sql in SQLITE_END if on_sqlite else ("COMMIT", "ANALYZE"):
            driver.execute(sql)


@contextmanager
def unmerged_index(driver: Any, *, on_sqlite: bool) -> Iterator[None]:
    """SQLite merges what is written to its full-text index at the end of the block."""
    if on_sqlite:
        driver.executemany(SQLITE_INDEX_OPTION, BULK_OPTIONS)
    yield
    if on_sqlite:
        driver.execute(SQLITE_INDEX_MERGE)
        driver.executemany(SQLITE_INDEX_OPTION, DEFAULT_OPTIONS)


def _with_defaults(table: str, columns: Sequence[str]) -> tuple[list[str], tuple[object, ...]]:
    missing = [column for column in SQLModel.metadata.tables[table].c if column.name not in columns]
    constant = [column for column in missing if column.default is not None and column.default.is_scalar]
    return [*columns, *(column.name for column in constant)], tuple(_plain(column) for column in constant)


def _plain(column: Column[Any]) -> object:
    value: object = getattr(column.default, "arg", None)
    return json.dumps(value) if isinstance(value, list | dict) else value


def _leave_wal(driver: Any) -> None:
    try:
        driver.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if not is_busy(error):
            raise
        raise Refused("another process has the store open: stop it first") from None
