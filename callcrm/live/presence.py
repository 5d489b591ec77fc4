"""Which users have a live stream open, at whichever of our processes: each says so again and again."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Table, delete, insert, select
from sqlmodel import Session

from callcrm.models import Watch

WATCH: Table = Watch.__table__  # type: ignore[attr-defined]
BEAT = timedelta(seconds=6)
LIFETIME = timedelta(seconds=18)  # three beats: a process that died is forgotten within 20 s


def beat(session: Session, process: str, users: Collection[str], now: datetime) -> None:
    """This process says who has a stream open at it now, and forgets with it whoever has gone silent."""
    connection = session.connection()
    connection.execute(delete(WATCH).where((WATCH.c.process == process) | (WATCH.c.until < now)))
    rows = [{"process": process, "user_id": user, "until": now + LIFETIME} for user in sorted(users)]
    if rows:
        connection.execute(insert(WATCH), rows)


def watching(session: Session, now: datetime) -> frozenset[str]:
    """Who has a live stream open."""
    alive = select(WATCH.c.user_id).where(WATCH.c.until >= now).distinct()
    return frozenset(session.connection().execute(alive).scalars())


def is_watching(session: Session, user_id: str, now: datetime) -> bool:
    """Whether this user has a live stream open."""
    alive = select(WATCH.c.user_id).where(WATCH.c.user_id == user_id, WATCH.c.until >= now).limit(1)
    return session.connection().execute(alive).first() is not None
