"""Verbs that read rows, and write what follows from them, one transaction at a time."""

from sqlalchemy import text
from sqlmodel import Session

from callcrm.store.postgres.engine import advisory_lock_key

_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")


def serialize(session: Session, *names: str) -> None:
    """Waits for every other transaction that has serialized by one of these names, and lets none until the
    commit. Who needs several takes them at once, and before any row: they are always locked in one order.

    Rows locked are not enough where others add some: PostgreSQL's statement that waited for a lock sees the
    row as it became, and no row added meanwhile. SQLite has but one writer as it is.
    """
    connection = session.connection()
    if names and connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"keys": sorted(map(advisory_lock_key, set(names)))})
