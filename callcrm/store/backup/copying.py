"""Takes a backup of a store while it is used: all tables in one snapshot, into one verified file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy import Connection

from callcrm import __version__
from callcrm.base.clock import Clock
from callcrm.base.errors import Refused
from callcrm.base.files import fsync
from callcrm.store import migrate
from callcrm.store.backup import archive, source
from callcrm.store.backup.archive import Manifest
from callcrm.store.errors import StoreDown
from callcrm.store.migrations.schema import SchemaState, check_integrity, inspect_schema

log = structlog.get_logger()
SNAPSHOT = {
    "sqlite": "BEGIN",
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL TIME ZONE 'UTC'",
}


def back_up(url: str, path: Path, clock: Clock) -> Manifest:
    """What is in the new backup at `path`, which is whole and read back, or not there at all.

    An earlier backup at `path` is replaced; any other file there is Refused, as is a database without a
    store. StoreDown where the store can't be read, or is corrupt.
    """
    _check_replaceable(path)
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        manifest = _write(url, partial, clock)
        with archive.open_archive(partial) as written:
            written.verify()
        _put_in_place(partial, path)
    except OSError as fault:
        raise Refused(f"{path} can't be written ({fault.strerror})") from fault
    finally:
        _discard(partial)
    return manifest


def _check_replaceable(path: Path) -> None:
    if path.exists():
        try:
            with archive.open_archive(path):
                return
        except Refused:
            raise Refused(f"{path} is there already, and is no backup: name another file") from None


def _write(url: str, path: Path, clock: Clock) -> Manifest:
    with _snapshot(url, clock) as connection:
        manifest = Manifest(
            revision=_revision(connection),
            program=__version__,
            made_at=clock.now().isoformat(),
            engine=connection.dialect.name,
        )
        check_integrity(connection, thorough=False)
        with archive.create(path, manifest) as writer:
            for table in source.tables(connection):
                writer.add_table(table.name, table.columns, source.rows(connection, table))
    return manifest


@contextmanager
def _snapshot(url: str, clock: Clock) -> Iterator[Connection]:
    """A connection whose statements all see the store as it is now, whoever writes meanwhile."""
    with migrate.connect(url, clock) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(SNAPSHOT[connection.dialect.name])
        try:
            yield connection
        finally:
            driver.execute("ROLLBACK")


def _revision(connection: Connection) -> str:
    """The store's revision, even a newer program's: its rows are saved as they are."""
    schema = inspect_schema(connection)
    if schema.state in (SchemaState.OLD, SchemaState.CURRENT, SchemaState.NEWER):
        return str(schema.revision)
    raise schema.fault or StoreDown("The database holds no store of callcrm yet.")


def _put_in_place(partial: Path, path: Path) -> None:
    """Gives the file its name once its bytes are on the disk, and the name too."""
    fsync(partial)
    partial.replace(path)
    fsync(path.parent)


def _discard(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("a file of an unfinished copy stays", fault=type(error).__name__, cause=error.strerror)
