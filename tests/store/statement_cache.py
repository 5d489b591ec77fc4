"""Compiled SQL, shared by all stores of a process: each test opens one, on a database like the last.

SQLAlchemy keeps it for each engine alone, so that tests would spend a fifth of their time on compiling.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from callcrm.store.sqlite_dialect import ManualTransactions

_compiled: dict[Any, Any] = {}


def share() -> None:
    """From now on what one engine has compiled, all of its kind use."""
    for dialect in (ManualTransactions, PGDialect_psycopg):
        # Part of every key: also of those in the caches that mappers keep for their own statements.
        dialect.__eq__ = _same_kind  # type: ignore[method-assign]
        dialect.__hash__ = _hash_of_kind  # type: ignore[method-assign,assignment]
    event.listen(Engine, "engine_connect", _use_shared)


def _same_kind(dialect: object, other: object) -> bool:
    return type(dialect) is type(other)


def _hash_of_kind(dialect: object) -> int:
    return hash(type(dialect))


def _use_shared(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_compiled)
