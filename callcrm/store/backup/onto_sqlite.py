"""Restores a backup as a SQLite file: made beside the old one, checked, then put in its place."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from callcrm.base.clock import Clock
from callcrm.base.errors import Refused
from callcrm.base.files import fsync
from callcrm.store import migrate
from callcrm.store.backup.archive import Archive
from callcrm.store.backup.loading import load
from callcrm.store.errors import StoreDown, translate_error
from callcrm.store.migrations.schema import check_integrity, check_replaceable

# Of a file with a write-ahead log. A log beside another file than its own would be replayed into that one.
LOGS = ("-wal", "-shm", "-journal")
IN_USE = "the store is in use: stop `callcrm serve` and every other program that has it open first"


def restore(path: Path, archive: Archive, clock: Clock, name: str) -> tuple[int, str | None]:
    """How many rows were restored, and where the old file is kept, under `name`."""
    fresh = path.with_name(f"{path.name}.restoring")
    try:
        _delete(fresh)
        _check_ours(path)
        with _sole_user(path):  # refuse early: what follows may take minutes
            pass
        rows = _make(fresh, archive, clock)
        return rows, _swap(path, fresh, path.with_name(f"{path.name}.{name}"))
    except OSError as fault:
        raise StoreDown(f"The store can't be written ({fault.strerror}).") from fault
    finally:
        _delete(fresh)


def _check_ours(path: Path) -> None:
    """SchemaFault where the file is another program's. One that can't be read may well be replaced."""
    if not path.exists():
        return
    source = f"file:{quote(str(path.absolute()))}?mode=ro"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(source, uri=True), poolclass=NullPool)
    with suppress(DBAPIError), engine.connect() as connection:
        check_replaceable(connection)


def _make(path: Path, archive: Archive, clock: Clock) -> int:
    """A SQLite file with the backup's rows, at the newest schema, on the disk."""
    url = f"sqlite:///{path.absolute()}"
    migrate.create_file(path)
    with migrate.connect(url, clock) as connection:
        # Nobody reads the file before it is whole, so it needs no log; with one, all would be written twice.
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):
            connection.connection.execute(f"PRAGMA {pragma}")
        with migrate.locked(connection):
            migrate.run_revisions(connection, archive.manifest.revision)
            rows = load(connection, archive)
            migrate.run_revisions(connection)
        check_integrity(connection, thorough=True)
    fsync(path)
    return rows


def _swap(path: Path, fresh: Path, aside: Path) -> str | None:
    """Puts the fresh file in the place of the old one; where that is kept, if there was one."""
    with _sole_user(path):
        kept = path.exists() and path.stat().st_size > 0
        if kept:
            _keep(path, aside)
        else:
            _delete(path)  # the log of a file that is gone
        fresh.replace(path)
        fsync(path.parent)
    return str(aside) if kept else None


def _keep(path: Path, aside: Path) -> None:
    """Gives the old file, and a log that could not be merged into it, another name."""
    for log in LOGS:
        with suppress(FileNotFoundError):
            path.with_name(path.name + log).rename(aside.with_name(aside.name + log))
    try:
        os.link(path, aside)  # so that there is a store at its path at any moment
    except OSError:
        path.rename(aside)  # on a file system without links


@contextmanager
def _sole_user(path: Path) -> Iterator[None]:
    """Locks others out of the file for the block, its log merged into it; Refused while anybody has it open.

    A file that SQLite itself can't open is nobody's store, and is not locked.
    """
    if not path.exists():
        yield
        return
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
        try:
            # The change of mode needs every other connection to be closed.
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            _check_unusable(error)
        else:
            if mode != "delete":
                raise Refused(IN_USE)
        yield


def _check_unusable(error: sqlite3.Error) -> None:
    code = (error.sqlite_errorcode or 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        raise Refused(IN_USE) from None
    if code not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        raise translate_error(error) from error


def _delete(path: Path) -> None:
    for file in (path, *(path.with_name(path.name + log) for log in LOGS)):
        file.unlink(missing_ok=True)
