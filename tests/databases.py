"""Databases with every table: made once in a process, and copied for whoever wants one."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from callcrm.store import migrate
from tests.clocks import CLOCK


@cache
def sqlite_template() -> Path:
    """A migrated SQLite file to copy."""
    folder = tempfile.mkdtemp(prefix="callcrm-template-")
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
