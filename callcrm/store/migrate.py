"""Alembic's migrations, run on either engine: all of them or none, by one process at a time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, make_url
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from callcrm.base.clock import Clock
from callcrm.lazy import alembic
from callcrm.store import sqlite
from callcrm.store.derived import triggers
from callcrm.store.errors import StoreDown, translate_error
from callcrm.store.migrations.schema import MIGRATIONS, Schema, SchemaState, inspect_schema
from callcrm.store.postgres.engine import advisory_lock_key, open_engine

LOCK_KEY = advisory_lock_key("callcrm schema")
BEGIN = {
    # A batch operation rebuilds its table, and dropping the old one must not cascade.
    "sqlite": ("PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE"),
    "postgresql": ("BEGIN", "SET LOCAL lock_timeout='60s'", f"SELECT pg_advisory_xact_lock({LOCK_KEY})"),
}


def _render_item(kind: str, item: object, _context: object) -> str | bool:
    """SQLModel's types as plain SQLAlchemy ones: a revision must not change when SQLModel does."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _is_of_models(_item: object, name: str | None, kind: str, *_: object) -> bool:
    """Whether it is of the models: tables of FTS5 and PostgreSQL's vector are not."""
    if kind == "table":
        return not (name or "").startswith("search_fts")
    return name not in ("vector", "ix_search_entry_vector")


OPTIONS: dict[str, Any] = {
    "target_metadata": SQLModel.metadata,
    "render_as_batch": True,  # SQLite's ALTER TABLE can do little: alembic copies the table instead
    "render_item": _render_item,
    "compare_type": True,
    "include_object": _is_of_models,
    "transactional_ddl": True,  # alembic takes SQLite for an engine without it
}


def upgrade(url: str, clock: Clock) -> None:
    """Brings the schema to the newest revision; safe to kill, to repeat and to run twice at once.

    SchemaFault for a schema that is none of ours, or a later program's.
    """
    if url.startswith("sqlite"):
        create_file(Path(make_url(url).database or ""))
    if is_current(url, clock):  # as at nearly every start, which then does without alembic and its memory
        return
    with connect(url, clock) as connection, locked(connection):
        run_revisions(connection)


def run_revisions(connection: Connection, to: str = "head") -> None:
    """Brings the schema to this revision, within the transaction that is open. Triggers are there only at the
    newest, and so is what they derive.
    """
    driver: Any = connection.connection.driver_connection
    on_sqlite = connection.dialect.name == "sqlite"
    triggers.remove(driver, on_sqlite=on_sqlite)
    alembic.command.upgrade(make_config(connection), to)
    if to == "head":
        triggers.install(driver, on_sqlite=on_sqlite)
        if driver.execute("SELECT 1 FROM customer_touch LIMIT 1").fetchone() is None:
            triggers.fill(driver, on_sqlite=on_sqlite)


def create_file(path: Path) -> None:
    """Our connections open existing files alone, so that a store whose disk is away is no empty store."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise StoreDown(f"The store can't be made ({error.strerror}).") from error


def read_schema(url: str, clock: Clock) -> Schema:
    """The schema of the database; StoreDown where that can't be known."""
    with connect(url, clock) as connection:
        return inspect_schema(connection)


def is_current(url: str, clock: Clock) -> bool:
    """Whether the schema is at the newest revision; SchemaFault where no upgrade leads there."""
    schema = read_schema(url, clock)
    if schema.fault:
        raise schema.fault
    return schema.state is SchemaState.CURRENT


def check(url: str, clock: Clock) -> None:
    """Raises alembic's CommandError where the tables differ from the models."""
    with connect(url, clock) as connection:
        alembic.command.check(make_config(connection))


def make_config(connection: Connection) -> "alembic.config.Config":
    """Alembic's configuration for this connection, which `migrations/env.py` takes from its attributes."""
    # Its default is the stdout of when alembic was imported.
    config = alembic.config.Config(attributes={"connection": connection}, stdout=sys.stdout)
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))  # % interpolates
    return config


@contextmanager
def connect(url: str, clock: Clock) -> Iterator[Connection]:
    """A connection to the store of this URL, closed with its engine; StoreDown where it can't be reached."""
    on_sqlite = url.startswith("sqlite")
    engine = sqlite.open_engine(url, clock, lock_timeout=60) if on_sqlite else open_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    except Exception as error:
        fault = translate_error(error)
        if isinstance(fault, StoreDown):
            raise fault from error
        raise
    finally:
        engine.dispose()


@contextmanager
def locked(connection: Connection) -> Iterator[None]:
    """One transaction around everything, under a lock that lets in one process at a time."""
    driver_connection = connection.connection.driver_connection
    assert driver_connection is not None
    on_sqlite = connection.dialect.name == "sqlite"
    for sql in BEGIN[connection.dialect.name]:
        driver_connection.execute(sql)
    connection.begin()  # for SQLAlchemy's books alone: it would begin at the first statement anyway
    yield
    if on_sqlite and (broken := driver_connection.execute("PRAGMA foreign_key_check").fetchall()):
        raise RuntimeError(f"The migration breaks {len(broken)} foreign keys.")
    driver_connection.execute("COMMIT")
