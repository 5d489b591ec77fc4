"""SQLite as our threads need it: transactions driven by hand, and values refused that PostgreSQL refuses."""

import sqlite3
from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.types import BigInteger, Enum, Integer, String

NAME = "handdriven"


class BoundedString(String):
    """Text as PostgreSQL would take it: no NUL, no more characters than declared."""

    def bind_processor(self, dialect: Any) -> Any:
        """A check of each value on its way in."""
        limit = self.length or 1 << 30

        def check(value: Any) -> Any:
            if isinstance(value, str) and (len(value) > limit or "\0" in value):
                raise sqlite3.DataError("text too long, or with a NUL")
            return value

        return check


class BoundedInteger(Integer):
    """A whole number as PostgreSQL would take it: 32 bits."""

    def bind_processor(self, dialect: Any) -> Any:
        """A check of each value on its way in."""

        def check(value: Any) -> Any:
            if isinstance(value, int) and not -0x80000000 <= value <= 0x7FFFFFFF:
                raise sqlite3.DataError("integer out of range")
            return value

        return check


class HandDriven(SQLiteDialect_pysqlite):
    """SQLite with no transactions of SQLAlchemy's own.

    A session rolls back the whole transaction when its flush fails, which here would take the rest of
    the group along. Savepoints by hand also cost a tenth of SQLAlchemy's.
    """

    supports_statement_cache = True
    colspecs = {  # noqa: RUF012
        **SQLiteDialect_pysqlite.colspecs,
        String: BoundedString,
        Integer: BoundedInteger,
        BigInteger: BigInteger,
        Enum: Enum,
    }

    def do_begin(self, dbapi_connection: Any) -> None:
        """Nothing: the thread has begun already."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Nothing: the thread rolls back itself."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Nothing: the thread commits itself."""


registry.register(f"sqlite.{NAME}", __name__, "HandDriven")
