"""Which users have a live stream open, at whichever process: each process renews its rows by a heartbeat."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session

from callcrm.models import Presence
from callcrm.models.conventions import table_of

PRESENCE = table_of(Presence)
HEARTBEAT = timedelta(seconds=6)
LIFETIME = timedelta(seconds=18)  # three heartbeats: the rows of a process that died lapse within 20 s


def heartbeat(session: Session, process: str, users: Collection[str], now: datetime) -> None:
    """Records that exactly these users have a stream open at this process; deletes all lapsed rows."""
    connection, own = session.connection(), PRESENCE.c.process == process
    connection.execute(delete(PRESENCE).where(PRESENCE.c.until < now))
    recorded = set(connection.execute(select(PRESENCE.c.user_id).where(own)).scalars())
    if gone := recorded.difference(users):
        connection.execute(delete(PRESENCE).where(own, PRESENCE.c.user_id.in_(gone)))
    connection.execute(update(PRESENCE).where(own).values(until=now + LIFETIME))
    rows = [{"process": process, "user_id": user, "until": now + LIFETIME} for user in sorted(users)]
    if new := [row for row in rows if row["user_id"] not in recorded]:
        connection.execute(insert(PRESENCE), new)


def is_present(session: Session, user_id: str, now: datetime) -> bool:
    """Whether this user has a live stream open."""
    present = (
        select(PRESENCE.c.user_id).where(PRESENCE.c.user_id == user_id, PRESENCE.c.until >= now).limit(1)
    )
    return session.connection().execute(present).first() is not None
