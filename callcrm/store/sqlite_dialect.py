"""SQLAlchemy's SQLite dialect without its transactions, and with the limits on values that PostgreSQL has."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.types import BigInteger, Enum, Integer, String

NAME = "manualtransactions"


class TooLongText(str):
    """Text longer than its column: equal to nothing there, and refused where it would be stored."""


class BoundedString(String):
    """Text as PostgreSQL takes it: no NUL, no more characters than declared, which SQLite ignores."""

    def bind_processor(self, dialect: Any) -> Any:
        """A function that returns the value, marked if it is too long; it raises sqlite3.DataError, which
        becomes Refused, for a NUL.
        """
        longest = self.length or 1 << 30

        def check(value: Any) -> Any:
            if not isinstance(value, str):
                return value
            if "\0" in value:
                raise sqlite3.DataError("text with a NUL")
            return TooLongText(value) if len(value) > longest else value

        return check


class BoundedInteger(Integer):
    """An integer as PostgreSQL takes it: 32 bits. SQLite's own has 64."""

    def bind_processor(self, dialect: Any) -> Any:
        """A function that returns the value, or raises sqlite3.DataError."""

        def check(value: Any) -> Any:
            if isinstance(value, int) and not -0x80000000 <= value <= 0x7FFFFFFF:
                raise sqlite3.DataError("integer out of range")
            return value

        return check


class ManualTransactions(SQLiteDialect_pysqlite):
    """SQLite where the store's threads begin, commit and roll back, and SQLAlchemy does not.

    A session whose flush fails rolls back the whole transaction, which here would take the other verbs of
    the group along. A savepoint set on the driver's connection also costs a tenth of SQLAlchemy's.
    """

    supports_statement_cache = True
    colspecs = {  # noqa: RUF012  (declared so by SQLAlchemy)
        **SQLiteDialect_pysqlite.colspecs,
        String: BoundedString,
        Integer: BoundedInteger,
        BigInteger: BigInteger,  # subclasses of the two above, which would otherwise be bounded like them
        Enum: Enum,
    }

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Executes, unless a text that is stored is too long."""
        if context is not None and (context.isinsert or context.isupdate):
            refuse_too_long(parameters)
        cursor.execute(statement, parameters)

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """The same, for many rows."""
        if context is not None and (context.isinsert or context.isupdate):
            for row in parameters:
                refuse_too_long(row)
        cursor.executemany(statement, parameters)

    def do_begin(self, dbapi_connection: Any) -> None:
        """Nothing: the thread has sent BEGIN already."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Nothing: the thread sends ROLLBACK."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Nothing: the thread sends COMMIT."""


def refuse_too_long(parameters: Iterable[Any]) -> None:
    """sqlite3.DataError for a text that is longer than its column."""
    for value in parameters:
        if type(value) is TooLongText:
            raise sqlite3.DataError("text too long")


registry.register(f"sqlite.{NAME}", __name__, "ManualTransactions")
