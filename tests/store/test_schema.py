"""A database that is not ours to use is left as it is, and what to do about it is said."""

import asyncio
import threading

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from callcrm.store import migrate
from callcrm.store.errors import translate_error
from callcrm.store.migrations import schema
from callcrm.store.migrations.schema import SchemaFault, SchemaState
from callcrm.store.store import Store
from tests.clocks import CLOCK, THREADS

STATES = {
    "newer": ("UPDATE alembic_version SET version_num = '9999'",),
    "of another program": ("UPDATE alembic_version SET version_num = '3f2a1b'",),
    "a version without its tables": ("DROP TABLE live_event",),
    "tables without a version": ("DROP TABLE alembic_version",),
    "an empty version": ("DELETE FROM alembic_version",),
}
ENDLESS = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT max(n) FROM n"
REMEDIES = {
    "newer": "install the newer callcrm again",
    "of another program": "a database of its own",
    "a version without its tables": "callcrm restore",
    "tables without a version": "callcrm restore",
    "an empty version": "callcrm restore",
}


def execute(url: str, *statements: str) -> None:
    with migrate.connect(url, CLOCK) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("state", STATES)
def test_an_upgrade_refuses_what_is_not_ours_with_the_remedy(database_url: str, state: str) -> None:
    execute(database_url, *STATES[state])
    before = migrate.read_schema(database_url, CLOCK)
    with pytest.raises(SchemaFault, match=REMEDIES[state]) as refused:
        migrate.upgrade(database_url, CLOCK)
    assert len(str(refused.value).splitlines()) == 1
    assert migrate.read_schema(database_url, CLOCK) == before


@pytest.mark.parametrize("state", ["newer", "of another program"])
def test_nothing_is_written_to_a_store_that_is_not_ours(database_url: str, state: str) -> None:
    execute(database_url, *STATES[state])
    store = Store(database_url, CLOCK, THREADS)
    for use in (store.read_now, store.write_now):
        with pytest.raises(SchemaFault):
            use(lambda session: session.connection().exec_driver_sql("SELECT 1").all())
    store.close()


def test_another_programs_tables_are_not_added_to(empty_database_url: str) -> None:
    execute(empty_database_url, "CREATE TABLE letters (id integer)")
    with pytest.raises(SchemaFault, match="another program"):
        migrate.upgrade(empty_database_url, CLOCK)


def test_a_version_alone_is_no_schema(empty_database_url: str) -> None:
    execute(
        empty_database_url,
        "CREATE TABLE alembic_version (version_num varchar(32))",
        f"INSERT INTO alembic_version VALUES ('{schema.newest_revision()}')",
    )
    with pytest.raises(SchemaFault, match="not whole"):
        migrate.upgrade(empty_database_url, CLOCK)


def test_an_empty_version_table_is_an_empty_database(empty_database_url: str) -> None:
    execute(empty_database_url, "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)")
    assert migrate.read_schema(empty_database_url, CLOCK).state is SchemaState.EMPTY
    migrate.upgrade(empty_database_url, CLOCK)
    assert migrate.is_current(empty_database_url, CLOCK)


@pytest.mark.engine("sqlite")
def test_reading_the_whole_file_ends_with_the_store_and_accuses_nobody(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcrm.store.store.PROGRESS_STEPS", 1)
    store = Store(database_url, CLOCK, THREADS)
    assert store.check_integrity()
    store.close()
    assert not store.check_integrity()  # interrupted at its first step
    assert not store.corrupt


@pytest.mark.engine("sqlite")
def test_a_large_file_is_read_table_by_table(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(database_url, CLOCK, THREADS)
    assert store.parts_to_check() == [None]
    monkeypatch.setattr("callcrm.store.store.LARGE_FILE", 0)
    parts = store.parts_to_check()
    assert {"call", "carrier_event", "search_fts_data"} <= set(parts)
    assert all(store.check_integrity(part) for part in parts)
    store.close()


@pytest.mark.engine("sqlite")
def test_whoever_stops_waits_for_no_reading_of_a_table(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = threading.Event()

    def read_for_long(connection: Connection, **_: object) -> None:
        began.set()
        try:
            connection.exec_driver_sql(ENDLESS).scalar_one()
        except DBAPIError as error:
            raise translate_error(error) from None

    monkeypatch.setattr("callcrm.store.store.check_integrity", read_for_long)
    monkeypatch.setattr("callcrm.store.store.PROGRESS_STEPS", 1 << 30)  # as within one table
    store = Store(database_url, CLOCK, THREADS)

    async def stop_while_it_reads() -> bool:
        reading = asyncio.create_task(THREADS.run_aside(store.check_integrity, "call"))
        assert await asyncio.to_thread(began.wait, 10)
        await asyncio.sleep(0.1)
        store.close()
        return await reading

    assert asyncio.run(asyncio.wait_for(stop_while_it_reads(), 20)) is False
    assert not store.corrupt
