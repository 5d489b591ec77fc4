"""Verbs that read rows, and write what follows from them, one transaction at a time."""

from sqlalchemy import text
from sqlmodel import Session

from callcrm.store.postgres.engine import advisory_lock_key

_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


def serialize(session: Session, name: str) -> None:
    """Waits for every other transaction that has serialized by this name, and lets none until the commit.

    Rows locked are not enough where others add some: PostgreSQL's statement that waited for a lock sees the
    row as it became, and no row added meanwhile. SQLite has but one writer as it is.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"key": advisory_lock_key(name)})
