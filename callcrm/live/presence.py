"""Which users have a live stream open, at whichever of our processes: each says so again and again."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Table, delete, insert, select, update
from sqlmodel import Session

from callcrm.models import Presence

WATCH: Table = Presence.__table__  # type: ignore[attr-defined]
BEAT = timedelta(seconds=6)
LIFETIME = timedelta(seconds=18)  # three beats: a process that died is forgotten within 20 s


def beat(session: Session, process: str, users: Collection[str], now: datetime) -> None:
    """This process says who has a stream open at it now, and forgets with it whoever has gone silent."""
    connection, mine = session.connection(), WATCH.c.process == process
    connection.execute(delete(WATCH).where(WATCH.c.until < now))
    known = set(connection.execute(select(WATCH.c.user_id).where(mine)).scalars())
    if gone := known.difference(users):
        connection.execute(delete(WATCH).where(mine, WATCH.c.user_id.in_(gone)))
    connection.execute(update(WATCH).where(mine).values(until=now + LIFETIME))
    rows = [{"process": process, "user_id": user, "until": now + LIFETIME} for user in sorted(users)]
    if fresh := [row for row in rows if row["user_id"] not in known]:
        connection.execute(insert(WATCH), fresh)


def watching(session: Session, now: datetime) -> frozenset[str]:
    """Who has a live stream open."""
    alive = select(WATCH.c.user_id).where(WATCH.c.until >= now).distinct()
    return frozenset(session.connection().execute(alive).scalars())


def is_watching(session: Session, user_id: str, now: datetime) -> bool:
    """Whether this user has a live stream open."""
    alive = select(WATCH.c.user_id).where(WATCH.c.user_id == user_id, WATCH.c.until >= now).limit(1)
    return session.connection().execute(alive).first() is not None
