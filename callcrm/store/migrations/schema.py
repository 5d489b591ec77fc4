"""The state of a database: whose schema it has and which revision, and whether its file is whole."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

import callcrm.models
from callcrm.store.errors import StoreDown, translate_error

assert callcrm.models.__all__, "importing the models registers the tables"

MIGRATIONS = Path(__file__).parent
VERSION_TABLE = "alembic_version"
APPLIED = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608  # a constant
UPGRADE = "run `callcrm migrate`"
UTF8_DATABASE = "make one (`createdb -E UTF8 -T template0 NAME`) and name it in CALLCRM_DATABASE_URL"
OWN_DATABASE = "name a database of its own in CALLCRM_DATABASE_URL"
CORRUPT = "The store is corrupt."
RESTORE = "restore a backup (`callcrm restore FILE`)"
# Tables that come with an extension, such as PostGIS's, are no other program's.
POSTGRES_TABLES = """
    SELECT relname FROM pg_class c
    WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
"""


class SchemaState(StrEnum):
    """What a database's schema is to this program."""

    EMPTY = "empty"
    OLD = "old"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"
    UNFIT = "unfit"  # of an encoding that has no room for every language
    BROKEN = "broken"


class SchemaFault(StoreDown):
    """The store has a schema this program can't use; `remedy` is what the operator can do about it."""

    def __init__(self, cause: str, remedy: str = "") -> None:
        super().__init__(f"{cause}: {remedy}." if remedy else cause)
        self.cause = cause
        self.remedy = remedy


class EncodingFault(SchemaFault):
    """The database stores text in an encoding other than UTF-8, which has no room for every language."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of a database: its state, the revision it is at, and which of our tables it lacks."""

    state: SchemaState
    revision: str | None = None
    missing: Sequence[str] = ()

    @property
    def fault(self) -> SchemaFault | None:
        """Why neither the program nor an upgrade can use it; None where one of them can."""
        if self.state is SchemaState.NEWER:
            return newer(self.revision or "")
        if self.state is SchemaState.FOREIGN:
            return SchemaFault("The database holds the tables of another program", OWN_DATABASE)
        if self.state is SchemaState.UNFIT:
            return EncodingFault("The database's encoding is not UTF-8", UTF8_DATABASE)
        if self.state is SchemaState.BROKEN:
            lacking = f"has no table {self.missing[0]}" if self.missing else "does not say its revision"
            return SchemaFault(f"The store's schema is not whole: it {lacking}", RESTORE)
        return None


def newer(revision: str) -> SchemaFault:
    """The fault of a store at a revision that only a later program has."""
    cause = f"The store has schema {revision}, made by a newer callcrm; this one has {newest_revision()}"
    return SchemaFault(
        cause, "install the newer callcrm again, or restore the backup made before the upgrade"
    )


@cache
def revisions() -> tuple[str, ...]:
    """Our revisions, oldest first: their files are numbered, 0001 being the first."""
    return tuple(sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))


def newest_revision() -> str:
    """The revision that no other follows."""
    return revisions()[-1]


def inspect_schema(connection: Connection) -> Schema:
    """The schema of the database at the other end."""
    if not _is_utf8(connection.connection.driver_connection):
        return Schema(SchemaState.UNFIT)
    names = _table_names(connection)
    if VERSION_TABLE not in names:
        ours = set(names) & set(SQLModel.metadata.tables)
        return Schema(SchemaState.FOREIGN if names and not ours else _unversioned(ours))
    applied = list(connection.exec_driver_sql(APPLIED).scalars())
    if len(applied) != 1:
        return Schema(SchemaState.EMPTY if names == [VERSION_TABLE] and not applied else SchemaState.BROKEN)
    return _at_revision(applied[0], names)


def check_replaceable(connection: Connection) -> None:
    """SchemaFault where another program's tables are, or no store of ours can be: a wrong URL rather than a
    store to be replaced, which may be old, newer or broken.
    """
    schema = inspect_schema(connection)
    if schema.fault and schema.state in (SchemaState.FOREIGN, SchemaState.UNFIT):
        raise schema.fault


def _unversioned(ours: set[str]) -> SchemaState:
    return SchemaState.BROKEN if ours else SchemaState.EMPTY


def _at_revision(revision: str, names: Sequence[str]) -> Schema:
    if revision not in revisions():
        later = revision.isdigit() and revision > newest_revision()
        return Schema(SchemaState.NEWER if later else SchemaState.FOREIGN, revision)
    if revision != newest_revision():
        return Schema(SchemaState.OLD if len(names) > 1 else SchemaState.BROKEN, revision)
    missing = sorted(set(SQLModel.metadata.tables) - set(names))
    return Schema(SchemaState.BROKEN if missing else SchemaState.CURRENT, revision, missing)


def _is_utf8(driver_connection: Any) -> bool:
    """Whether the database has room for every language's text, as each SQLite file has."""
    return isinstance(driver_connection, sqlite3.Connection) or (
        driver_connection.info.parameter_status("server_encoding") == "UTF8"
    )


def _table_names(connection: Connection) -> list[str]:
    if connection.dialect.name == "postgresql":
        return list(connection.exec_driver_sql(POSTGRES_TABLES).scalars())
    return inspect(connection).get_table_names()


def check_revision(driver_connection: Any) -> None:
    """SchemaFault where a connection's store is at another revision than this program's.

    Asked of every new connection: a store that is not ours may be put in the place of one that was.
    """
    if not _is_utf8(driver_connection) and (fault := Schema(SchemaState.UNFIT).fault):
        raise fault
    applied = [row[0] for row in driver_connection.execute(APPLIED).fetchall()]
    if applied == [newest_revision()]:
        return
    if len(applied) == 1 and applied[0] not in revisions():
        raise _at_revision(applied[0], ()).fault or StoreDown()
    raise SchemaFault("The store's schema is not up to date", UPGRADE)


def check_integrity(connection: Connection, *, thorough: bool, table: str | None = None) -> None:
    """StoreDown where SQLite finds its file corrupt; `thorough` compares each index with its table as well,
    which takes several times as long. Of one table with its indexes where one is named. PostgreSQL checks
    each page as it reads it, where checksums are on.
    """
    if connection.dialect.name != "sqlite":
        return
    pragma, part = "integrity_check" if thorough else "quick_check", f'"{table}"' if table else "1"
    try:
        faults = connection.exec_driver_sql(f"PRAGMA {pragma}({part})").scalars().all()
    except (DBAPIError, sqlite3.Error) as error:
        fault = translate_error(error)
        raise (fault if isinstance(fault, StoreDown) else StoreDown(CORRUPT)) from error
    if list(faults) != ["ok"]:
        raise StoreDown(CORRUPT)
