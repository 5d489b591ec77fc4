"""The schema's history leads to the models, on both engines, whatever happens on the way."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlmodel import SQLModel

from callcrm.store import migrate
from callcrm.store.migrations import schema
from callcrm.store.store import Store, StoreDown
from tests.clocks import CLOCK, THREADS

ROOT = Path(__file__).parents[2]
# Both scripts fork, so that the imports are paid for once.
RACE = """
import os, sys
from callcrm.cli.clock_and_threads import clock
from callcrm.store import migrate
children = []
for _ in range(4):
    child = os.fork()
    if not child:
        migrate.upgrade(sys.argv[1], clock)
        os._exit(0)
    children.append(child)
print(*(os.waitpid(child, 0)[1] for child in children))
"""
# Kills each child a little later than the one before.
KILLS = """
import os, signal, sys, time
from callcrm.cli.clock_and_threads import clock
from callcrm.store import migrate
for delay in range(0, 240, 12):
    child = os.fork()
    if not child:
        migrate.upgrade(sys.argv[1], clock)
        os._exit(0)
    time.sleep(delay / 1000)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with migrate.connect(sys.argv[1], clock) as connection:
        tables = connection.exec_driver_sql(sys.argv[2]).scalar()
    print(tables)
"""
COUNT = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'search_fts*'",
    "postgresql": "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
}


def output_of(script: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.split()


def tables(url: str) -> set[str]:
    with migrate.connect(url, CLOCK) as connection:
        return set(inspect(connection).get_table_names())


def test_the_revisions_lead_to_the_models(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url, CLOCK)
    of_models = {name for name in tables(empty_database_url) if not name.startswith("search_fts")}
    assert of_models == {*SQLModel.metadata.tables, "alembic_version"}
    migrate.check(empty_database_url, CLOCK)


def test_a_schema_is_current_only_after_its_upgrade(empty_database_url: str) -> None:
    assert not migrate.is_current(empty_database_url, CLOCK)
    migrate.upgrade(empty_database_url, CLOCK)
    assert migrate.is_current(empty_database_url, CLOCK)


def test_an_upgrade_may_be_repeated(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url, CLOCK)
    migrate.upgrade(empty_database_url, CLOCK)
    assert migrate.is_current(empty_database_url, CLOCK)


def test_an_upgrade_may_run_in_several_processes_at_once(empty_database_url: str) -> None:
    assert output_of(RACE, empty_database_url) == ["0", "0", "0", "0"]
    assert migrate.is_current(empty_database_url, CLOCK)


def test_an_upgrade_killed_at_any_moment_leaves_the_old_schema_or_the_new(empty_database_url: str) -> None:
    count = COUNT["sqlite" if empty_database_url.startswith("sqlite") else "postgresql"]
    seen = output_of(KILLS, empty_database_url, count)
    assert set(seen) <= {"0", str(len(SQLModel.metadata.tables) + 1)}
    migrate.upgrade(empty_database_url, CLOCK)
    migrate.check(empty_database_url, CLOCK)


def test_an_upgrade_makes_the_folder_and_the_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/not/yet/store.sqlite3"
    migrate.upgrade(url, CLOCK)
    assert migrate.is_current(url, CLOCK)


def test_a_store_that_is_not_there_has_no_known_schema(tmp_path: Path) -> None:
    with pytest.raises(StoreDown):
        migrate.is_current(f"sqlite:///{tmp_path}/none.sqlite3", CLOCK)


def test_an_upgraded_store_can_be_used(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url, CLOCK)
    store = Store(empty_database_url, CLOCK, THREADS)
    assert store.read_now(lambda s: s.get_bind().dialect.name) == store.dialect
    store.close()


def test_a_place_where_no_file_can_be_is_a_store_that_is_down() -> None:
    with pytest.raises(StoreDown, match="can't be made"):
        migrate.upgrade("sqlite:////dev/null/callcrm.sqlite3", CLOCK)


def test_the_newest_revision_is_the_one_that_alembic_would_go_to() -> None:
    assert ScriptDirectory(str(schema.MIGRATIONS)).get_heads() == [schema.newest_revision()]
