"""The table of live events: what a client missed is read from it; rows are deleted after a day."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session

from callcrm.live.announce import LIVE_EVENT, Announcement
from callcrm.models import LiveEvent
from callcrm.models.delete_some import delete_some

PAGE_SIZE = 500
RETENTION = timedelta(hours=24)
_ROWS = select(
    LIVE_EVENT.c.id,
    LIVE_EVENT.c.kind,
    LIVE_EVENT.c.subject,
    LIVE_EVENT.c.to,
    LIVE_EVENT.c.supervisors,
    LIVE_EVENT.c.hidden_from,
).order_by(LIVE_EVENT.c.id)


def newest_id(session: Session) -> int:
    """The highest id in the table, 0 if it is empty."""
    return session.connection().execute(select(func.max(LIVE_EVENT.c.id))).scalar() or 0


def after(session: Session, last: int) -> list[Announcement]:
    """A page of announcements with ids above `last`, lowest first."""
    return _read(session, LIVE_EVENT.c.id > last)


def between(session: Session, low: int, high: int) -> list[Announcement]:
    """A page of announcements above one id and up to another, lowest first."""
    return _read(session, LIVE_EVENT.c.id.between(low + 1, high))


def by_ids(session: Session, ids: Collection[int]) -> list[Announcement]:
    """Those of these announcements whose transactions are committed by now."""
    return _read(session, LIVE_EVENT.c.id.in_(ids)) if ids else []


def missing(session: Session, gaps: Iterable[tuple[int, int]], top: int) -> list[Announcement]:
    """A page of announcements within these gaps (both ends included) or above `top`, lowest first."""
    in_gaps = (LIVE_EVENT.c.id.between(low, high) for low, high in gaps)
    return _read(session, or_(LIVE_EVENT.c.id > top, *in_gaps))


def prune(session: Session, now: datetime) -> int:
    """Deletes some rows a day old and returns how many. The newest stays: without AUTOINCREMENT, SQLite would
    give its id to the next row.
    """
    highest_id = select(func.max(LIVE_EVENT.c.id)).scalar_subquery()
    return delete_some(session, LiveEvent, LIVE_EVENT.c.at < now - RETENTION, LIVE_EVENT.c.id < highest_id)


def _read(session: Session, condition: ColumnElement[bool]) -> list[Announcement]:
    rows = session.connection().execute(_ROWS.where(condition).limit(PAGE_SIZE))
    return [
        Announcement(row.id, row.kind, row.subject, tuple(row.to), row.supervisors, row.hidden_from)
        for row in rows
    ]
