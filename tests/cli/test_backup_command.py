"""`callcrm backup` and `callcrm restore`, as an operator uses them beside a running server."""

import sqlite3
from pathlib import Path

import pytest

from tests.cli.serving import get, serving
from tests.cli.terminal import RunCommand
from tests.databases import make_sqlite
from tests.running import small_flow

STORE = "var/callcrm.sqlite3"


def test_a_backup_beside_a_running_server_is_restored_once_it_is_stopped(
    run: RunCommand, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("CALLCRM_DATA_DIR", str(tmp_path))
    with serving(tmp_path, **small_flow(tmp_path)) as server:
        run("user", "add", "ada@example.com", "--role", "admin", "--name", "Ada")
        saved = run("backup", "b.zip")
        assert (saved.code, saved.out) == (0, "")
        assert "recordings" in saved.err
        run("user", "add", "bo@example.com", "--role", "admin", "--name", "Bo")
        refused = run("restore", "b.zip")
        assert (refused.code, len(refused.err.splitlines())) == (1, 1)
        assert "stop `callcrm serve`" in refused.err
        assert get(server, "/readyz").status_code == 200
        server.stop()
        restored = run("restore", "b.zip")
        assert restored.code == 0
        assert "is kept" in restored.err
        assert "revoked since are good again" in restored.err
        server.start()
        assert get(server, "/readyz").status_code == 200
    with sqlite3.connect(tmp_path / "callcrm.sqlite3") as connection:
        assert connection.execute("SELECT name FROM user").fetchall() == [("Ada",)]


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("restore", "none.zip"), "none.zip can't be read"),
        (("restore", STORE), "is no backup"),
        (("backup", STORE), "is no backup"),
        (("backup", "none/b.zip"), "can't be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(run: RunCommand, words: tuple[str, ...], cause: str) -> None:
    make_sqlite(Path(STORE))
    before = Path(STORE).read_bytes()
    result = run(*words)
    assert (result.code, result.out, len(result.err.splitlines())) == (1, "", 1)
    assert cause in result.err
    assert Path(STORE).read_bytes() == before
