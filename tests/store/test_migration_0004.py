"""A store full of promises and messages of the first schema is brought up with nothing lost."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlmodel import select

from callcrm.lazy import alembic
from callcrm.models import Promise
from callcrm.store import migrate
from callcrm.store.store import Store
from tests.clocks import CLOCK, THREADS
from tests.shop import ANA, BEN, NOON, at


def insert(connection: Connection, table: str, **values: Any) -> None:
    values = {name: _stored(connection, value) for name, value in values.items()}
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(text(f'INSERT INTO "{table}" ({names}) VALUES ({marks})'), values)


def promise(connection: Connection, key: str, kind: str, minute: float, **more: Any) -> None:
    values = {"id": key, "kind": kind, "state": "open", "search_text": "", "phone": ANA}
    times = {"due_at": at(minute + 30), "created_at": at(minute)}
    insert(connection, "promise", **values | times | more)


def call(connection: Connection, key: str, phone: str) -> None:
    values = {"id": key, "carrier": "twilio", "carrier_sid": key, "direction": "inbound", "phone": phone}
    insert(connection, "call", **values, state="ended", ivr_path="[]", started_at=NOON)


def _stored(connection: Connection, value: Any) -> Any:
    on_sqlite = connection.dialect.name == "sqlite"
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) and on_sqlite else value


@pytest.fixture
def old_url(empty_database_url: str) -> str:
    """The URL of a store at the revision before, without rows."""
    with migrate.connect(empty_database_url, CLOCK) as connection, migrate.locked(connection):
        alembic.command.upgrade(migrate.make_config(connection), "0003")
    return empty_database_url


def test_open_promises_to_one_caller_become_one_and_what_was_closed_stays(old_url: str) -> None:
    with migrate.connect(old_url, CLOCK) as connection, migrate.locked(connection):
        for key in ("c1", "c2", "c4"):
            call(connection, key, ANA)
        promise(connection, "missed", "missed", 0, call_id="c1")
        promise(connection, "voicemail", "voicemail", 10, call_id="c2")
        promise(connection, "kept", "missed", -90, state="kept", kept_by="c4", closed_at=at(-50))
        promise(connection, "dropped", "missed", -80, state="dropped", closed_by="mia", closed_at=NOON)
        promise(connection, "word", "promised", 5)
        call(connection, "c5", BEN)
        promise(connection, "elsewhere", "callback", 20, call_id="c5")
    migrate.upgrade(old_url, CLOCK)
    migrate.check(old_url, CLOCK)
    store = Store(old_url, CLOCK, THREADS)
    rows = {row.id: row for row in store.read_now(lambda session: session.exec(select(Promise)).all())}
    store.close()
    assert {key: row.part_of for key, row in rows.items() if row.part_of} == {"missed": "voicemail"}
    assert rows["voicemail"].due_at == at(30)
    assert {key: row.caller for key, row in rows.items()} == dict.fromkeys(rows, ANA) | {
        "word": None,
        "elsewhere": BEN,
    }
    decided = {key: (row.decided_by, row.decided_at) for key, row in rows.items() if row.decided_at}
    assert decided == {"kept": (None, at(-50)), "dropped": ("mia", NOON)}
