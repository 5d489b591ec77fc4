"""`/readyz`: 503 as soon as an event could not be kept, whatever the reason, and 200 once it can again."""

import errno
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from callcrm.base import files
from callcrm.store.migrations import schema
from tests.posts import inbound
from tests.running_app import RunningApp, open_app, settings_for

SID = "CA" + "7" * 32


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path), background=False) as app:
        yield app


def file_of(app: RunningApp) -> Path:
    return Path(make_url(app.services.store.url).database or "")


def down(app: RunningApp) -> dict[str, str]:
    answer = app.client.get("/readyz")
    assert (answer.status_code == 200) == answer.json()["ready"] == (answer.json()["down"] == {})
    return dict(answer.json()["down"])


def report(app: RunningApp, sid: str = SID) -> int:
    form = {**inbound(sid, "+12025550134"), "CallStatus": "ringing"}
    return int(app.post("/webhooks/twilio/status", form).status_code)


def test_where_all_is_well_nothing_is_down(app: RunningApp) -> None:
    assert down(app) == {}


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("replace", [False, True], ids=["deleted", "replaced"])
def test_a_file_deleted_under_the_server_is_noticed_and_no_event_goes_with_it(
    app: RunningApp, tmp_path: Path, replace: bool
) -> None:
    copy = shutil.copyfile(file_of(app), tmp_path / "copy.sqlite3")
    assert report(app) == 204
    file_of(app).unlink()
    if replace:
        copy.replace(file_of(app))
        for log in ("-wal", "-shm"):
            file_of(app).with_name(file_of(app).name + log).unlink()
    assert report(app, "CA" + "8" * 32) == 204
    assert app.services.spool.depth() == 1, "the event is kept where it will be found"
    assert ("store" in down(app)) == (not replace), "another file in its place is used, once it is opened"


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("replace", [False, True], ids=["deleted", "replaced"])
def test_what_is_in_a_log_that_was_deleted_under_the_server_is_kept(
    app: RunningApp, tmp_path: Path, replace: bool
) -> None:
    path = file_of(app)
    log = path.with_name(f"{path.name}-wal")
    other = shutil.copyfile(log, tmp_path / "old-wal")
    assert report(app) == 204
    assert down(app) == {}, "its readers have the log open"
    log.unlink()
    if replace:
        other.replace(log)
    for digit in "89":
        assert report(app, "CA" + digit * 32) == 204
        assert down(app) == {}
        assert app.get("/calls")["items"]
    assert app.services.spool.depth() == 0
    killed = tmp_path / "killed.sqlite3"  # as a kill -9 leaves it
    shutil.copyfile(path, killed)
    shutil.copyfile(log, tmp_path / "killed.sqlite3-wal")
    with sqlite3.connect(killed) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        sids = connection.execute("SELECT DISTINCT sid FROM carrier_event").fetchall()
    assert {sid for (sid,) in sids} == {"CA" + digit * 32 for digit in "789"}


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_a_corrupt_file_is_noticed_by_itself(
    app: RunningApp, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    if large:
        monkeypatch.setattr("callcrm.store.store.LARGE_FILE", 0)
    app.services.store.close()
    path = file_of(app)
    data = bytearray(path.read_bytes())
    data[4096 * 20 : 4096 * 30] = b"\xff" * 40960
    path.write_bytes(data)
    with open_app(app.services.settings, stocked=False) as damaged:
        _until(lambda: down(damaged) != {}, seconds=20)
        assert "corrupt" in down(damaged)["store"]
        assert "callcrm restore" in down(damaged)["store"]


def _until(fulfilled: Callable[[], bool], *, seconds: int = 4) -> None:
    for _ in range(seconds * 50):
        if fulfilled():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to pass")


def full(_: Path) -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_noticed_before_the_first_event_is_lost(
    app: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcrm.views.readiness.write_fault", full)
    expected = {"store", "spool"} if app.services.store.dialect == "sqlite" else {"spool"}
    assert set(down(app)) == expected
    assert "No space left on device" in down(app)["spool"]


def test_what_is_tried_on_the_disk_leaves_nothing_and_says_why_it_failed(tmp_path: Path) -> None:
    assert files.write_fault(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    error = files.write_fault(tmp_path / "none")
    assert error is not None
    assert files.reason(error) == "No such file or directory"


@pytest.mark.engine("postgresql")
def test_a_database_set_to_read_only_is_noticed(app: RunningApp, postgres_admin: Any) -> None:
    name = make_url(app.services.store.url).database
    postgres_admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    postgres_admin.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    _until(lambda: down(app).get("store") == "The store is read-only.")


@pytest.mark.engine("sqlite")
def test_a_store_made_by_a_newer_program_is_not_written_to(database_url: str, tmp_path: Path) -> None:
    path = make_url(database_url).database or ""
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with open_app(settings_for(database_url, tmp_path), stocked=False) as app:
        assert "newer callcrm" in down(app)["store"]
        assert app.rings(SID).find("Gather") is not None, "callers hear the menu all the same"
    assert schema.newest_revision() != "9999"


def test_a_store_upgraded_by_a_newer_program_under_the_server_is_noticed(app: RunningApp) -> None:
    assert down(app) == {}
    statement = "UPDATE alembic_version SET version_num = '9999'"
    app.services.store.write_now(lambda session: session.connection().exec_driver_sql(statement))
    assert "newer callcrm" in down(app)["store"]


def test_a_spool_file_that_cannot_be_read_is_noticed_and_logged_once(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(database_url, tmp_path)
    (settings.spool / "1-a.spool").mkdir(parents=True)
    with open_app(settings) as app:
        assert down(app) == {"spool": "Spool files that can't be read: 1, and the events in them wait."}
        _until(lambda: app.services.spool.depth() == 0 and report(app) == 204)
        time.sleep(2.2)  # two more looks at the folder
    assert capsys.readouterr().out.count("1-a.spool") == 1


def test_readiness_counts_what_every_process_has_spooled(app: RunningApp) -> None:
    folder = app.services.settings.spool
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "00000000000000000001-abcd.spool").write_bytes(b"x\ny\n")
    assert app.client.get("/readyz").json()["spooled"] == 2
