"""Searches kept for the session they were made in, so that Back leads to their results."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from callcrm.models import KeptSearch
from callcrm.models.delete_some import delete_some

LIFETIME = timedelta(hours=24)
MOST = 50  # of one session: the oldest gives way


def keep(session: Session, session_id: str, path: str, fields: Mapping[str, str], now: datetime) -> str:
    """The id under which the search is kept; that of the session's last one where it is the same again."""
    own = select(KeptSearch).where(KeptSearch.session_id == session_id)
    rows = session.exec(own.order_by(col(KeptSearch.kept_at).desc(), col(KeptSearch.id))).all()
    if rows and (rows[0].path, rows[0].fields) == (path, dict(fields)):
        return rows[0].id
    for row in rows[MOST - 1 :]:
        session.delete(row)
    key = secrets.token_hex(16)
    session.add(KeptSearch(id=key, session_id=session_id, path=path, fields=dict(fields), kept_at=now))
    return key


def find(session: Session, session_id: str, path: str, key: str, now: datetime) -> Mapping[str, str] | None:
    """The fields of the search kept under this id for this session; None for another, and after its time."""
    row = session.get(KeptSearch, key) if key.isalnum() else None
    if row is None or (row.session_id, row.path) != (session_id, path) or row.kept_at + LIFETIME <= now:
        return None
    return row.fields


def delete_expired(session: Session, now: datetime) -> int:
    """Deletes some searches past their time, and returns how many."""
    return delete_some(session, KeptSearch, col(KeptSearch.kept_at) <= now - LIFETIME)
