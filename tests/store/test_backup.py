"""A backup holds the store as it was at one moment, on either engine, and comes back whole or not at all."""

import io
import sqlite3
import threading
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url
from sqlmodel import Session, col, func, select

from callcrm.base.errors import Refused
from callcrm.models import CarrierEvent, Customer, LoginSession, Role, User
from callcrm.store import migrate
from callcrm.store.backup import source
from callcrm.store.backup.archive import BATCH, CHUNK, batches
from callcrm.store.backup.copying import back_up
from callcrm.store.backup.restoring import restore
from callcrm.store.errors import StoreDown
from callcrm.store.store import Store
from tests.clocks import CLOCK, THREADS
from tests.databases import make_sqlite

NAME = 'Nilufar "نیلوفر" \\ \t'


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as a backup writes it."""
    with migrate.connect(url, CLOCK) as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("BEGIN")
        tables = source.tables(connection)
        return {t.name: sorted(map(tuple, source.rows(connection, t)), key=repr) for t in tables}


def event(**values: Any) -> CarrierEvent:
    common = {"account": "AC", "root_sid": "CA1", "sid": "CA1", "kind": "status", "received_at": CLOCK.now()}
    return CarrierEvent(**{**common, "data": {}, "facts": {}, **values})


def stock(session: Session) -> None:
    now = CLOCK.now()
    session.add(Customer(id="cust_1", name=NAME, search_text="n", created_at=now, updated_at=now))
    session.add(
        User(id="user_1", email="a@example.com", name="Ada", role=Role.ADMIN, created_at=now, shortcuts=False)
    )
    data = {"text": "\u2028 ' \" \\ null", "list": [1, 2.5, None, True]}
    for number in range(30):
        session.add(event(key=f"key{number}", at=now, data=data, facts={"n": number}))


@pytest.fixture
def stocked(store: Store, database_url: str) -> str:
    store.write_now(stock)
    return database_url


def count_events(url: str) -> int:
    store = Store(url, CLOCK, THREADS)
    try:
        return store.read_now(lambda session: session.exec(select(func.count(col(CarrierEvent.id)))).one())
    finally:
        store.close()


def test_a_backup_comes_back_as_it_was(stocked: str, store: Store, tmp_path: Path) -> None:
    before = contents(stocked)
    file = tmp_path / "b.zip"
    assert back_up(stocked, file, CLOCK).rows == 32
    assert file.stat().st_mode & 0o777 == 0o600
    store.write_now(lambda session: session.delete(session.get(Customer, "cust_1")))
    store.close()
    restored = restore(stocked, file, CLOCK)
    assert (restored.rows, contents(stocked)) == (32, before)
    migrate.check(stocked, CLOCK)
    assert restored.kept


def test_a_backup_of_one_engine_comes_back_on_the_other(
    stocked: str, empty_database_url: str, tmp_path: Path
) -> None:
    back_up(stocked, tmp_path / "b.zip", CLOCK)
    assert restore(empty_database_url, tmp_path / "b.zip", CLOCK).kept is None
    assert contents(empty_database_url) == contents(stocked)
    assert count(empty_database_url, "search_entry") == 1
    assert count(empty_database_url, "search_due") == 0
    assert count(empty_database_url, "customer_touch") == 1
    store = Store(empty_database_url, CLOCK, THREADS)
    store.write_now(stock_more)  # ids that the database gives go on where they ended
    store.close()
    assert count_events(empty_database_url) == 31


def count(url: str, table: str) -> int:
    """The rows of a table that a backup leaves out, and a restore derives."""
    with migrate.connect(url, CLOCK) as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def stock_more(session: Session) -> None:
    session.add(event(key="new"))


def test_a_backup_taken_while_the_store_is_written_is_of_one_moment(
    stocked: str, store: Store, tmp_path: Path
) -> None:
    """Each verb adds a customer and an event: a snapshot has as many of the one as of the other."""
    ended = threading.Event()

    def add_pair(session: Session, number: int) -> None:
        now = CLOCK.now()
        session.add(Customer(id=f"cust_x{number}", name="x", search_text="x", created_at=now, updated_at=now))
        session.add(event(key=f"x{number}"))

    def write() -> None:
        number = 0
        while not ended.is_set():
            store.write_now(partial(add_pair, number=number))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    backups = [back_up(stocked, tmp_path / f"{n}.zip", CLOCK) for n in range(3)]
    ended.set()
    writer.join()
    pairs = [(b.tables["customer"].rows - 1, b.tables["carrier_event"].rows - 30) for b in backups]
    assert [customers for customers, _ in pairs] == [events for _, events in pairs]
    assert pairs[-1][0] > 0


def test_who_was_signed_in_is_not_when_it_comes_back(stocked: str, store: Store, tmp_path: Path) -> None:
    now = CLOCK.now()
    row = LoginSession(
        secret_hash="h",
        id="sess_1",
        user_id="user_1",
        csrf="c",
        browser="b",
        **dict.fromkeys(("created_at", "last_active_at", "ends_at"), now),
    )
    store.write_now(lambda session: session.add(row))
    back_up(stocked, tmp_path / "b.zip", CLOCK)
    store.close()
    restore(stocked, tmp_path / "b.zip", CLOCK)
    assert contents(stocked)["login_session"] == []


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flip(data: bytes) -> bytes:
    """One bit of the events' rows is another."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        middle = archive.getinfo("tables/carrier_event.jsonl").header_offset + 200
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize("damage", [cut, flip, lambda _: b"", lambda _: b"no zip" * 99])
def test_a_damaged_backup_is_refused_and_changes_nothing(
    stocked: str, store: Store, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / "b.zip"
    back_up(stocked, file, CLOCK)
    file.write_bytes(damage(file.read_bytes()))
    store.close()
    before = contents(stocked)
    with pytest.raises(Refused, match="damaged"):
        restore(stocked, file, CLOCK)
    assert contents(stocked) == before


def test_a_store_in_use_is_not_restored(stocked: str, store: Store, tmp_path: Path) -> None:
    back_up(stocked, tmp_path / "b.zip", CLOCK)
    with pytest.raises(Refused, match="in use"):
        restore(stocked, tmp_path / "b.zip", CLOCK)
    assert count_events(stocked) == 30
    store.close()


def test_another_program_s_database_is_not_replaced(
    stocked: str, store: Store, empty_database_url: str, tmp_path: Path
) -> None:
    """Whose URL is wrong would move the other program's tables out of its way."""
    store.close()
    back_up(stocked, tmp_path / "backup.zip", CLOCK)
    with migrate.connect(empty_database_url, CLOCK) as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("CREATE TABLE posts (id integer)")
        driver.execute("INSERT INTO posts VALUES (1)")
    with pytest.raises(StoreDown, match="tables of another program"):
        restore(empty_database_url, tmp_path / "backup.zip", CLOCK)
    with migrate.connect(empty_database_url, CLOCK) as connection:
        assert connection.exec_driver_sql("SELECT id FROM posts").scalars().all() == [1]


@pytest.mark.engine("postgresql")
def test_a_database_that_is_not_utf8_takes_no_backup(
    stocked: str, store: Store, postgres_admin: Any, tmp_path: Path
) -> None:
    store.close()
    back_up(stocked, tmp_path / "backup.zip", CLOCK)
    postgres_admin.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        latin = make_url(stocked).set(database="latin").render_as_string(hide_password=False)
        with pytest.raises(StoreDown, match="encoding is not UTF-8"):
            restore(latin, tmp_path / "backup.zip", CLOCK)
    finally:
        postgres_admin.execute("DROP DATABASE latin WITH (FORCE)")


def test_a_backup_of_a_newer_program_is_refused(stocked: str, store: Store, tmp_path: Path) -> None:
    store.write_now(
        lambda session: session.connection().exec_driver_sql("UPDATE alembic_version SET version_num='9999'")
    )
    store.close()
    assert back_up(stocked, tmp_path / "b.zip", CLOCK).revision == "9999"
    with pytest.raises(Refused, match="newer callcrm"):
        restore(stocked, tmp_path / "b.zip", CLOCK)


def test_a_backup_of_an_older_schema_comes_back_at_the_newest(
    empty_database_url: str, tmp_path: Path, database_url: str
) -> None:
    with migrate.connect(empty_database_url, CLOCK) as connection, migrate.locked(connection):
        migrate.run_revisions(connection, "0001")
        connection.exec_driver_sql(
            "INSERT INTO token (id, name, role, secret_hash, created_at)"
            " VALUES ('tok_1', 'old', 'admin', 'h', '2026-01-05 12:00:00.000000+00:00')"
        )
    assert back_up(empty_database_url, tmp_path / "b.zip", CLOCK).revision == "0001"
    restore(database_url, tmp_path / "b.zip", CLOCK)
    assert migrate.is_current(database_url, CLOCK)
    assert [row[1] for row in contents(database_url)["token"]] == ["old"]


def test_an_empty_database_has_nothing_to_save(empty_database_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreDown, match="no store"):
        back_up(empty_database_url, tmp_path / "b.zip", CLOCK)
    assert list(tmp_path.glob("b.zip*")) == []


def test_a_file_that_is_no_backup_is_never_replaced(stocked: str, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("dear")
    with pytest.raises(Refused, match="is no backup"):
        back_up(stocked, file, CLOCK)
    assert file.read_text() == "dear"
    back_up(stocked, tmp_path / "b.zip", CLOCK)
    assert back_up(stocked, tmp_path / "b.zip", CLOCK).rows == 32


def test_a_place_that_cannot_be_written_is_said_in_one_line(stocked: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="can't be written"):
        back_up(stocked, tmp_path / "none" / "b.zip", CLOCK)


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A store whose server was killed: its last commits are in the log beside it."""
    path = tmp_path / "var" / "callcrm.sqlite3"
    make_sqlite(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(
        "INSERT INTO token (id, name, role, secret_hash, created_at)"
        " VALUES ('t', 'late', 'admin', 'h', '2026-01-05')"
    )
    saved = {log: path.with_name(path.name + log).read_bytes() for log in ("-wal", "-shm")}
    connection.close()
    path.unlink()
    make_sqlite(path)
    for log, data in saved.items():
        path.with_name(path.name + log).write_bytes(data)
    return path


def test_the_log_of_the_store_before_is_not_replayed_into_the_restored_one(
    killed: Path, tmp_path: Path
) -> None:
    other = make_sqlite(tmp_path / "other.sqlite3")
    back_up(other, tmp_path / "b.zip", CLOCK)
    killed.unlink()  # somebody moved the broken file away, and left its log
    restore(f"sqlite:///{killed}", tmp_path / "b.zip", CLOCK)
    assert contents(f"sqlite:///{killed}")["token"] == []
    assert sorted(p.name for p in killed.parent.iterdir()) == [killed.name]


def test_what_the_log_holds_is_in_the_store_that_is_kept(killed: Path, tmp_path: Path) -> None:
    back_up(make_sqlite(tmp_path / "other.sqlite3"), tmp_path / "b.zip", CLOCK)
    restored = restore(f"sqlite:///{killed}", tmp_path / "b.zip", CLOCK)
    assert len(contents(f"sqlite:///{restored.kept}")["token"]) == 1
    assert contents(f"sqlite:///{killed}")["token"] == []


def test_a_corrupt_store_is_not_saved_and_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "callcrm.sqlite3"
    back_up(make_sqlite(path), tmp_path / "good.zip", CLOCK)
    data = bytearray(path.read_bytes())
    for page in range(4096 * 3, len(data), 4096):
        data[page : page + 64] = b"\xff" * 64
    path.write_bytes(data)
    with pytest.raises(StoreDown, match="corrupt"):
        back_up(f"sqlite:///{path}", tmp_path / "bad.zip", CLOCK)
    assert not (tmp_path / "bad.zip").exists()
    restored = restore(f"sqlite:///{path}", tmp_path / "good.zip", CLOCK)
    assert Path(restored.kept or "").read_bytes() == data
    assert migrate.is_current(f"sqlite:///{path}", CLOCK)


def test_a_file_that_is_no_database_can_be_replaced(tmp_path: Path) -> None:
    back_up(make_sqlite(tmp_path / "a.sqlite3"), tmp_path / "b.zip", CLOCK)
    path = tmp_path / "callcrm.sqlite3"
    path.write_text("no database " * 1000)
    assert restore(f"sqlite:///{path}", tmp_path / "b.zip", CLOCK).kept
    assert migrate.is_current(f"sqlite:///{path}", CLOCK)


def test_parts_of_files_are_not_held_by_the_thousand() -> None:
    rows = [[number, bytes(CHUNK)] for number in range(3)] + [[number, b""] for number in range(BATCH + 1)]
    assert [len(batch) for batch in batches(rows)] == [1, 1, 1, BATCH, 1]
