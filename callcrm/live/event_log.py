"""Announcements as they are kept: read again by who missed them, and dropped after a day."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlmodel import Session

from callcrm.live.announce import LIVE, Announcement

PAGE = 500
KEPT = timedelta(hours=24)
_ROWS = select(LIVE.c.id, LIVE.c.kind, LIVE.c.subject, LIVE.c.to, LIVE.c.supervisors).order_by(LIVE.c.id)


def newest(session: Session) -> int:
    """The highest id there is, 0 if there is none."""
    return session.connection().execute(select(func.max(LIVE.c.id))).scalar() or 0


def after(session: Session, last: int) -> list[Announcement]:
    """A page of announcements with higher ids, lowest first."""
    return _read(session, LIVE.c.id > last)


def between(session: Session, low: int, high: int) -> list[Announcement]:
    """A page of announcements above one id and up to another, lowest first."""
    return _read(session, LIVE.c.id.between(low + 1, high))


def among(session: Session, ids: Collection[int]) -> list[Announcement]:
    """Those of these announcements that are to be seen by now."""
    return _read(session, LIVE.c.id.in_(ids)) if ids else []


def unseen(session: Session, gaps: Iterable[tuple[int, int]], top: int) -> list[Announcement]:
    """A page of announcements in these gaps or above the top."""
    within = (LIVE.c.id.between(low, high) for low, high in gaps)
    return _read(session, or_(LIVE.c.id > top, *within))


def prune(session: Session, now: datetime) -> int:
    """Drop what is a day old; says how many. The newest stays: SQLite would give its id again."""
    newest_id = select(func.max(LIVE.c.id)).scalar_subquery()
    old = delete(LIVE).where(LIVE.c.at < now - KEPT, LIVE.c.id < newest_id)
    return session.connection().execute(old).rowcount


def _read(session: Session, condition: ColumnElement[bool]) -> list[Announcement]:
    rows = session.connection().execute(_ROWS.where(condition).limit(PAGE))
    return [Announcement(row.id, row.kind, row.subject, tuple(row.to), row.supervisors) for row in rows]
