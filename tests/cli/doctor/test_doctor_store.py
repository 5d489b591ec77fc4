"""`callcrm doctor` beside stores that can't be used: each fault with its own remedy."""

import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from callcrm.cli.checks import store
from callcrm.cli.checks.result import CheckResult
from callcrm.config import load_settings
from tests.databases import make_sqlite
from tests.running import free_port


def check_store(url: str) -> CheckResult:
    (first, *_) = list(store.check_store(load_settings({"CALLCRM_DATABASE_URL": url})))
    return first


def test_each_fault_of_postgresql_has_its_own_remedy(
    postgres_url: str, postgres_admin: Any, tmp_path: Path
) -> None:
    place = make_url(postgres_url)
    postgres_admin.execute("CREATE DATABASE doctor_full CONNECTION LIMIT 0")
    postgres_admin.execute("CREATE DATABASE doctor_closed ALLOW_CONNECTIONS false")
    postgres_admin.execute("CREATE DATABASE doctor_elsewhere")
    postgres_admin.execute("REVOKE CONNECT ON DATABASE doctor_elsewhere FROM PUBLIC")
    postgres_admin.execute("CREATE ROLE doctor_nobody LOGIN")
    postgres_admin.execute("CREATE ROLE doctor_busy LOGIN CONNECTION LIMIT 0")

    def beside(**changed: Any) -> CheckResult:
        return check_store(place.set(**changed).render_as_string(hide_password=False))

    try:
        faults = {
            "stopped": check_store(f"postgresql://u@127.0.0.1:{free_port()}/x"),
            "socket": check_store(f"postgresql:///x?host={tmp_path}"),
            "host": check_store("postgresql://u@no-such-host.invalid/x"),
            "database": beside(database="no_such_database"),
            "user": beside(username="no_such_role"),
            "full": beside(database="doctor_full", username="doctor_nobody"),
            "closed": beside(database="doctor_closed"),
            "elsewhere": beside(database="doctor_elsewhere", username="doctor_nobody"),
        }
        busy = beside(username="doctor_busy")
    finally:
        postgres_admin.execute("DROP DATABASE doctor_closed")
        postgres_admin.execute("DROP DATABASE doctor_elsewhere")
        postgres_admin.execute("DROP ROLE doctor_busy")
        postgres_admin.execute("DROP DATABASE doctor_full")
        postgres_admin.execute("DROP ROLE doctor_nobody")
    assert {fault.status for fault in faults.values()} == {"WRONG"}
    remedies = {name: fault.remedy for name, fault in faults.items()}
    assert "start PostgreSQL" in remedies["stopped"]
    assert "socket" in remedies["socket"]
    assert "host name" in remedies["host"]
    assert "createdb" in remedies["database"]
    assert "user" in remedies["user"]
    assert "connections" in remedies["full"]
    assert busy.remedy == remedies["full"], busy
    assert "ALLOW_CONNECTIONS" in remedies["closed"]
    assert "GRANT CONNECT" in remedies["elsewhere"]
    assert len(set(remedies.values())) == len(remedies), remedies


def test_a_silent_server_is_told_from_a_stopped_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fault = check_store(f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/x")
    assert "network" in fault.remedy, fault


def test_no_password_is_printed(postgres_url: str) -> None:
    fault = check_store(f"postgresql://u:very-secret@127.0.0.1:{free_port()}/x")
    assert "very-secret" not in str(fault)


def corrupt(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096 * 20 : 4096 * 30] = b"\xff" * 40960
    path.write_bytes(data)


def prose(path: Path) -> None:
    path.write_text("no database " * 999)


SQLITE: dict[str, tuple[Callable[[Path], object], str]] = {
    "corrupt": (corrupt, "callcrm restore"),
    "no database": (prose, "callcrm restore"),
    "another program's": (lambda path: sqlite3.connect(path).execute("CREATE TABLE a (b)"), "of its own"),
}


@pytest.mark.parametrize("name", SQLITE)
def test_each_fault_of_a_sqlite_file_has_its_remedy(tmp_path: Path, name: str) -> None:
    spoil, remedy = SQLITE[name]
    path = tmp_path / "s.sqlite3"
    if name != "another program's":
        make_sqlite(path)
    spoil(path)
    fault = check_store(f"sqlite:///{path}")
    assert remedy in fault.remedy, fault


def test_a_folder_that_is_a_file_is_told_from_one_without_rights(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "a file is in the way" in check_store(f"sqlite:///{tmp_path}/file/s.sqlite3").remedy


@pytest.mark.engine("postgresql")
def test_a_read_only_database_is_wrong(database_url: str, postgres_admin: Any) -> None:
    name = make_url(database_url).database
    postgres_admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    fault = check_store(database_url)
    assert (fault.status, fault.detail) == ("WRONG", "The store is read-only.")
