"""Restores a backup into a PostgreSQL database: in one transaction, the old tables moved aside."""

from typing import Any

from sqlalchemy import Connection

from callcrm.base.clock import Clock
from callcrm.base.errors import Refused
from callcrm.lazy import psycopg
from callcrm.store import migrate
from callcrm.store.backup.archive import Archive
from callcrm.store.backup.loading import load
from callcrm.store.migrations.schema import check_replaceable

LEAVING_SECONDS = 3.0
OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
      AND coalesce(backend_type, 'client backend') = 'client backend'
"""
# Statements that move everything of ours out of the current schema. What comes with an extension stays;
# indexes, and the sequences of columns, go with their tables.
MOVES = """
    SELECT format('ALTER %s %s SET SCHEMA {aside}', kind, name) FROM (
        SELECT 1 AS step, CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END
               AS kind, oid::regclass::text AS name, oid
        FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = current_schema()::regnamespace
        UNION ALL
        SELECT 2, 'ROUTINE', oid::regprocedure::text, oid
        FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
    ) AS ours
    WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = ours.oid AND d.deptype = 'e')
    ORDER BY step
"""
# A load in any order of the tables needs the foreign keys away; they are checked when they come back.
FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""
SEQUENCES = """
    SELECT c.oid::regclass::text, quote_ident(a.attname),
           pg_get_serial_sequence(c.oid::regclass::text, a.attname)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND a.attnum > 0
      AND NOT a.attisdropped AND pg_get_serial_sequence(c.oid::regclass::text, a.attname) IS NOT NULL
"""


def restore(url: str, archive: Archive, clock: Clock, name: str) -> tuple[int, str | None]:
    """How many rows were restored, and the schema the old tables are kept in, called after `name`."""
    with migrate.connect(url, clock) as connection:
        driver: Any = connection.connection.driver_connection
        check_replaceable(connection)
        connection.rollback()  # the look at its tables has begun a transaction
        _check_unused(driver, clock)
        with migrate.locked(connection):
            driver.execute("SET LOCAL TIME ZONE 'UTC'")
            try:
                kept = _move_aside(driver, f"callcrm_{name}".replace("-", "_").lower())
            except psycopg.errors.InsufficientPrivilege:
                raise Refused(
                    "the database's user may not move the old tables aside: restore into a new database"
                ) from None
            migrate.run_revisions(connection, archive.manifest.revision)
            rows = _load(connection, driver, archive)
            migrate.run_revisions(connection)
        driver.execute("ANALYZE")
    return rows, kept


def _check_unused(driver: Any, clock: Clock) -> None:
    """Refused while anybody else is connected; a server that stopped just now is seen yet."""
    until = clock.monotonic() + LEAVING_SECONDS
    while (others := driver.execute(OTHERS).fetchone()[0]) and clock.monotonic() < until:
        clock.block(0.1)
    if others:
        raise Refused(
            f"the database is in use ({others} other connections): stop `callcrm serve` on every host first"
        )


def _move_aside(driver: Any, schema: str) -> str | None:
    statements = [row[0] for row in driver.execute(MOVES.format(aside=schema)).fetchall()]
    if not statements:
        return None
    driver.execute(f"CREATE SCHEMA {schema}")
    for statement in statements:
        driver.execute(statement)
    return f"schema {schema}"


def _load(connection: Connection, driver: Any, archive: Archive) -> int:
    keys = driver.execute(FOREIGN_KEYS).fetchall()
    for table, key, _ in keys:
        driver.execute(f"ALTER TABLE {table} DROP CONSTRAINT {key}")
    rows = load(connection, archive)
    for table, key, definition in keys:
        driver.execute(f"ALTER TABLE {table} ADD CONSTRAINT {key} {definition}")
    for table, column, sequence in driver.execute(SEQUENCES).fetchall():
        # The third argument: an empty table begins at 1.
        highest = f"SELECT max({column}) FROM {table}"  # noqa: S608  # names of our schema
        driver.execute(f"SELECT setval('{sequence}', coalesce(({highest}), 1), ({highest}) IS NOT NULL)")
    return rows
