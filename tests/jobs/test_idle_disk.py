"""A server that nobody asks for anything writes nothing to its disk."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.running import Server

IDLE_SECONDS = 10


@pytest.mark.timeout(120)
def test_nothing_is_written_to_an_idle_store(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.start()
    try:
        time.sleep(4)  # what a start does
        with closing(sqlite3.connect(tmp_path / "callcrm.sqlite3")) as connection:
            before = connection.execute("PRAGMA data_version").fetchone()
            time.sleep(IDLE_SECONDS)
            # It changes with every commit of another connection that wrote something.
            assert connection.execute("PRAGMA data_version").fetchone() == before
    finally:
        server.stop()
