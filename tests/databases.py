"""Databases with every table: made once in a process, and copied for whoever wants one."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from callcrm.store import migrate
from tests.clocks import CLOCK


def memory_folder() -> str | None:
    """Where files are in memory, if there is room: a database is made there in a tenth of the time, and no
    disk is waited for.
    """
    shared = "/dev/shm"
    roomy = os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 2 << 30
    return shared if roomy else None


@cache
def sqlite_template() -> Path:
    """A migrated SQLite file to copy."""
    folder = tempfile.mkdtemp(prefix="callcrm-template-", dir=memory_folder())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "template.sqlite3"
    migrate.upgrade(f"sqlite:///{path}", CLOCK)
    return path


def make_sqlite(path: Path) -> str:
    """The URL of a migrated SQLite file at this path, which is left as it is if it is there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(sqlite_template(), path)
    return f"sqlite:///{path}"
