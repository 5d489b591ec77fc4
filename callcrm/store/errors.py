"""A database driver's errors, translated: store down, deadline passed, or a value that does not fit."""

import sqlite3
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from callcrm.base.errors import Refused, Unavailable
from callcrm.lazy import is_imported, psycopg


class StoreDown(Unavailable):
    """The store can't be used now. Nothing of the verb is committed, unless it is a StoreUndecided."""


class StoreOutdated(StoreDown):
    """The store lacks a table or a column that the verb reads."""


class StoreLate(StoreDown):
    """The deadline passed before the verb's work was ready. It leaves nothing, even if it is at it still."""


class StoreUndecided(StoreDown):
    """The verb has come to `value`, and whether that is committed can't be known: the commit takes longer
    than its waiter has time, or the connection broke meanwhile.
    """

    def __init__(self, value: Any) -> None:
        super().__init__("The store did not confirm in time. Look whether it was saved before repeating it.")
        self.value = value


def is_outage(fault: BaseException) -> bool:
    """Whether the store is away, for every verb; what it lacks, it lacks for the verb that reads it."""
    return isinstance(fault, StoreDown) and not isinstance(fault, StoreOutdated)


# Not SQLITE_CONSTRAINT and its like: those are about the verb's own rows.
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
READ_ONLY = "The store is read-only."
UNREACHABLE = "can't be reached"
# Parts of libpq's texts. Of several hosts the first fault counts.
BY_LIBPQ = {
    "too many connections": "has no connection free",  # for a role or a database: before their names
    "Connection refused": "refuses connections",
    "No such file or directory": "has no socket there",
    "could not translate host name": "has a host name without an address",
    "failed to resolve host": "has a host name without an address",
    "password authentication failed": "refuses our user or password",
    "no password supplied": "refuses our user or password",
    'role "': "refuses our user or password",
    "no pg_hba.conf entry": "admits nobody from here (pg_hba.conf)",
    "too many clients": "has no connection free",
    "remaining connection slots": "has no connection free",
    "not currently accepting connections": "accepts no connections to our database",
    "permission denied for database": "admits our user to another database only",
    'database "': "has no such database",
    "certificate": "has TLS that does not fit",
    "SSL": "has TLS that does not fit",
    "starting up": "is starting or stopping",
    "shutting down": "is starting or stopping",
    "recovery": "is starting or stopping",
    "timeout": "does not answer in time",
    "timed out": "does not answer in time",
}
BY_SQLSTATE = {
    "28": "refuses our user or password",
    "3D": "has no such database",
    "53100": "has a full disk",
    "53200": "is out of memory",
    "53300": "has no connection free",
    "57P": "is starting or stopping",
    "XX001": "is corrupt",
    "XX002": "is corrupt",
}
# Classes of SQLSTATE: connection, resources (disk full too), operator, system, configuration, internal.
POSTGRES_DOWN = ("08", "28", "3D", "53", "57", "58", "F0", "XX")


def translate_error(error: BaseException) -> BaseException:
    """StoreDown, StoreLate or Refused for an error of the driver, or the error itself where the verb has to
    deal with it, such as a broken unique constraint.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, UnicodeEncodeError | sqlite3.DataError | OverflowError):
        return _unfit()
    if isinstance(cause, sqlite3.Error):
        return _translate_sqlite(cause) or error
    if is_imported("psycopg") and isinstance(cause, psycopg.Error):
        return _translate_postgres(cause) or error
    if isinstance(cause, PoolTimeout):
        return StoreDown("The store has no connection free.")
    return error


def _unfit() -> Refused:
    return Refused("A value is too long or too large, or is no valid text.")


def is_race(error: BaseException) -> bool:
    """Whether the verb lost to a concurrent transaction, so that running it again may well succeed."""
    pg = psycopg.errors
    # A row that another verb added, or deleted, after this one looked for it.
    rows = (pg.UniqueViolation, pg.ForeignKeyViolation)
    races = (*rows, pg.SerializationFailure, pg.DeadlockDetected)
    return isinstance(error.orig if isinstance(error, DBAPIError) else error, races)


def _translate_sqlite(error: sqlite3.Error) -> StoreDown | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code of an extended one
    if code == sqlite3.SQLITE_INTERRUPT:  # a reader's progress handler, at the deadline
        return StoreLate("The store took too long.")
    if code in SQLITE_DOWN:
        return StoreDown(f"The store {SQLITE_DOWN[code]}.")
    # Both are plain SQLITE_ERROR: only the text tells them from a syntax error.
    if code == sqlite3.SQLITE_ERROR and str(error).startswith(("no such table", "no such column")):
        return StoreOutdated(OLD_SCHEMA)
    return None


def _translate_postgres(error: "psycopg.Error") -> Unavailable | Refused | None:
    pg = psycopg.errors
    if isinstance(error, pg.DataError):
        return _unfit()
    if isinstance(error, pg.QueryCanceled | pg.LockNotAvailable):  # statement_timeout and lock_timeout
        return StoreLate("The store took too long.")
    if isinstance(error, pg.UndefinedTable | pg.UndefinedColumn):
        return StoreOutdated(OLD_SCHEMA)
    if isinstance(error, pg.ReadOnlySqlTransaction):
        return StoreDown(READ_ONLY)
    if isinstance(error, pg.SerializationFailure | pg.DeadlockDetected):
        return StoreDown("The store has too many writers at one row.")
    # Without SQLSTATE it is libpq that speaks, not the server: the connection is gone or was never made.
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreDown(f"The store {_cause(str(error))}.")
    state = error.sqlstate or ""
    if state.startswith(POSTGRES_DOWN):
        causes = (text for prefix, text in BY_SQLSTATE.items() if state.startswith(prefix))
        return StoreDown(f"The store {next(causes, UNREACHABLE)}.")
    return None


def _cause(text: str) -> str:
    """What libpq's text, or the server's refusal in it, says in our own words, without a name or address."""
    return next((words for part, words in BY_LIBPQ.items() if part in text), UNREACHABLE)
