"""Puts the rows of a backup into tables that are there and empty."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from callcrm.store.backup import source
from callcrm.store.backup.archive import Archive, Row, batches
from callcrm.store.backup.source import quote

# Who was signed in, and links that are good once: what has ended since the backup must not begin again.
NOT_RESTORED = ("login_session", "password_link", "presence")


def load(connection: Connection, archive: Archive) -> int:
    """How many rows were put in: all of the backup but NOT_RESTORED. Refused where it is damaged.

    Tables and columns that only the other engine has, for its full-text index, are left out.
    """
    count = 0
    for table in source.tables(connection):
        entry = archive.manifest.tables.get(table.name)
        if entry is None or table.name in NOT_RESTORED:
            continue
        shared = [column for column in entry.columns if column in table.columns]
        positions = [entry.columns.index(column) for column in shared]
        _insert(connection, table.name, shared, _picked(archive.rows(table.name), positions))
        count += entry.rows
    return count


def _picked(rows: Iterator[Row], positions: list[int]) -> Iterator[Row]:
    for row in rows:
        yield [row[position] for position in positions]


def _insert(connection: Connection, table: str, columns: list[str], rows: Iterator[Row]) -> None:
    driver: Any = connection.connection.driver_connection
    target = f"{quote(table)} ({', '.join(map(quote, columns))})"
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        for batch in batches(rows):
            driver.executemany(f"INSERT INTO {target} VALUES ({marks})", batch)  # noqa: S608  # our schema's names
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
