"""The rows of a store for a backup: which tables and columns, and their values as SQLite holds them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from callcrm.store.backup.archive import Row
from callcrm.store.migrations.schema import VERSION_TABLE

# Which triggers and the last revision fill.
DERIVED_TABLES = ("customer_touch", "search_due", "search_entry", "search_fts_terms")
PAGE = 2000  # rows fetched at a time
FILE_PAGE = 4  # of a table that holds parts of files, a megabyte each
FILE_TABLES = ("import_chunk",)
# Neither SQLite's own tables nor those beneath a full-text index, which is derived from the others.
SQLITE_TABLES = """
    SELECT name FROM pragma_table_list
    WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name
"""
SQLITE_COLUMNS = "SELECT name FROM pragma_table_info(?) ORDER BY cid"  # generated ones are not in it
POSTGRES_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname, a.attnum
"""
# By PostgreSQL's type, how a value becomes what SQLite holds; any other is cast to text.
CASTS = {
    "timestamp with time zone": "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
    "boolean": "{}::int",
    **dict.fromkeys(("smallint", "integer", "bigint", "double precision", "bytea"), "{}"),
}


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table, its columns, and the expressions that select them."""

    name: str
    columns: list[str] = field(default_factory=list)
    expressions: list[str] = field(default_factory=list)

    @property
    def select(self) -> str:
        """The statement for all its rows."""
        return f"SELECT {', '.join(self.expressions)} FROM {quote(self.name)}"  # noqa: S608  # our schema's names


def quote(name: str) -> str:
    """The name of a table or column as SQL takes it."""
    return f'"{name}"'


def tables(connection: Connection) -> list[SourceTable]:
    """The tables of a store, without what is derived from others and without Alembic's own."""
    on_sqlite = connection.dialect.name == "sqlite"
    every = _sqlite_tables(connection) if on_sqlite else _postgres_tables(connection)
    return [table for table in every if table.name not in (VERSION_TABLE, *DERIVED_TABLES)]


def _sqlite_tables(connection: Connection) -> list[SourceTable]:
    names = connection.exec_driver_sql(SQLITE_TABLES).scalars().all()
    columns = {name: connection.exec_driver_sql(SQLITE_COLUMNS, (name,)).scalars().all() for name in names}
    return [SourceTable(name, list(listed), [*map(quote, listed)]) for name, listed in columns.items()]


def _postgres_tables(connection: Connection) -> list[SourceTable]:
    by_name: dict[str, SourceTable] = {}
    for name, column, kind in connection.exec_driver_sql(POSTGRES_COLUMNS):
        table = by_name.setdefault(name, SourceTable(name))
        table.columns.append(column)
        table.expressions.append(CASTS.get(kind, "{}::text").format(quote(column)))
    return list(by_name.values())


def rows(connection: Connection, table: SourceTable) -> Iterator[Row]:
    """Every row of the table, within the transaction that is open."""
    driver: Any = connection.connection.driver_connection
    on_sqlite = connection.dialect.name == "sqlite"
    cursor = driver.cursor() if on_sqlite else driver.cursor("backup")  # a named one stays at the server
    try:
        cursor.execute(table.select)
        size = FILE_PAGE if table.name in FILE_TABLES else PAGE
        while page := cursor.fetchmany(size):
            yield from map(list, page)
    finally:
        cursor.close()
