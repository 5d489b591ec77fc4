"""What a failure of the store means, in our words: down, late, or a value that does not fit."""

import sqlite3

import psycopg
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from callcrm.base.errors import Refused, Unavailable


class StoreDown(Unavailable):
    """The store can't be had now; nothing is known to be written."""


class StoreLate(StoreDown):
    """The deadline passed. What had begun may still be committed, so repeat only what is idempotent."""


SQLITE_DOWN = {
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_LOCKED: "is locked",
    sqlite3.SQLITE_PERM: "may not be opened",
    sqlite3.SQLITE_NOMEM: "is out of memory",
    sqlite3.SQLITE_READONLY: "is read-only",
    sqlite3.SQLITE_IOERR: "has a disk error",
    sqlite3.SQLITE_CORRUPT: "is corrupt",
    sqlite3.SQLITE_FULL: "has a full disk",
    sqlite3.SQLITE_CANTOPEN: "can't be opened",
    sqlite3.SQLITE_PROTOCOL: "is locked",
    sqlite3.SQLITE_NOTADB: "is no SQLite file",
}
OLD_SCHEMA = "The store's schema is not up to date."
# Classes of SQLSTATE: connection, resources (disk full too), operator, system, configuration, internal.
POSTGRES_DOWN = ("08", "28", "3D", "53", "57", "58", "F0", "XX")
RACES = (pg.UniqueViolation, pg.SerializationFailure, pg.DeadlockDetected)


def understood(error: BaseException) -> BaseException:
    """The same failure in our words, or the error itself where it is the verb's own affair."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, UnicodeEncodeError | sqlite3.DataError | psycopg.DataError | OverflowError):
        return Refused("A value is too long or too large, or is no valid text.")
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause) or error
    if isinstance(cause, psycopg.Error):
        return _of_postgres(cause) or error
    if isinstance(cause, PoolTimeout):
        return StoreDown("The store has no connection free.")
    return error


def is_race(error: BaseException) -> bool:
    """Whether running the verb again may well succeed, since another was faster."""
    return isinstance(error.orig if isinstance(error, DBAPIError) else error, RACES)


def _of_sqlite(error: sqlite3.Error) -> StoreDown | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        return StoreLate("The store took too long.")
    if code in SQLITE_DOWN:
        return StoreDown(f"The store {SQLITE_DOWN[code]}.")
    if code == sqlite3.SQLITE_ERROR and str(error).startswith(("no such table", "no such column")):
        return StoreDown(OLD_SCHEMA)
    return None


def _of_postgres(error: psycopg.Error) -> StoreDown | None:
    if isinstance(error, pg.QueryCanceled | pg.LockNotAvailable):
        return StoreLate("The store took too long.")
    if isinstance(error, pg.UndefinedTable | pg.UndefinedColumn):
        return StoreDown(OLD_SCHEMA)
    if isinstance(error, pg.ReadOnlySqlTransaction):
        return StoreDown("The store is read-only.")
    if isinstance(error, pg.SerializationFailure | pg.DeadlockDetected):
        return StoreDown("The store has too many writers at one row.")
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreDown("The store can't be reached.")
    if (error.sqlstate or "").startswith(POSTGRES_DOWN):
        return StoreDown("The store can't be reached, or is out of room.")
    return None
