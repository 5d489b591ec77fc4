"""The schema brought up to date: all of it or nothing, one process at a time, on either engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

import callcrm.models
from callcrm.store import postgres, sqlite
from callcrm.store.errors import StoreDown, understood

assert callcrm.models.__all__, "importing the models registers the tables"

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = postgres.lock_number("callcrm schema")
BEGIN = {
    # A batch operation rebuilds its table, and dropping the old one must not cascade.
    "sqlite": ("PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE"),
    "postgresql": ("BEGIN", "SET LOCAL lock_timeout='60s'", f"SELECT pg_advisory_xact_lock({LOCK})"),
}


def _render(kind: str, item: object, _context: object) -> str | bool:
    """SQLModel's types written as what they are in SQL, so that old revisions outlive its changes."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


OPTIONS: dict[str, Any] = {
    "target_metadata": SQLModel.metadata,
    "render_as_batch": True,
    "render_item": _render,
    "compare_type": True,
    "transactional_ddl": True,
}


def upgrade(url: str) -> None:
    """Brings the schema to the newest revision; safe to kill, to repeat and to run twice at once."""
    if url.startswith("sqlite"):
        _touch(Path(make_url(url).database or ""))
    with connected(url) as connection, _locked(connection):
        command.upgrade(config_on(connection), "head")


def _touch(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise StoreDown(f"The store can't be made ({error.strerror}).") from error


def current(url: str) -> bool:
    """Whether the schema is at the newest revision; StoreDown where that can't be known."""
    with connected(url) as connection:
        applied = MigrationContext.configure(connection).get_current_heads()
        return set(applied) == set(ScriptDirectory(str(MIGRATIONS)).get_heads())


def check(url: str) -> None:
    """Raises alembic's CommandError where the tables differ from the models."""
    with connected(url) as connection:
        command.check(config_on(connection))


def config_on(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = sqlite.engine_for(url, patience=60) if url.startswith("sqlite") else postgres.engine_for(url)
    try:
        with engine.connect() as connection:
            yield connection
    except Exception as error:
        fault = understood(error)
        if isinstance(fault, StoreDown):
            raise fault from error
        raise
    finally:
        engine.dispose()


@contextmanager
def _locked(connection: Connection) -> Iterator[None]:
    """One transaction around everything, and a lock that lets one process at a time in."""
    driver = connection.connection.driver_connection
    assert driver is not None
    on_sqlite = connection.dialect.name == "sqlite"
    for sql in BEGIN[connection.dialect.name]:
        driver.execute(sql)
    connection.begin()
    yield
    if on_sqlite and (broken := driver.execute("PRAGMA foreign_key_check").fetchall()):
        raise RuntimeError(f"The migration breaks {len(broken)} foreign keys.")
    driver.execute("COMMIT")
