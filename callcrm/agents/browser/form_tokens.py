"""Tokens of forms: whose they are, for as long as a page with one may be open."""

from datetime import datetime, timedelta

from sqlmodel import Session, col

from callcrm.base.ids import new_secret
from callcrm.models import FormToken
from callcrm.models.delete_some import delete_some

LIFETIME = timedelta(days=3)  # a page left open over a week-end


def issue(session: Session, user_id: str, now: datetime) -> str:
    """A new token of this user's forms."""
    token = new_secret()
    session.add(FormToken(token=token, user_id=user_id, created_at=now))
    return token


def owner(session: Session, token: str, now: datetime) -> str | None:
    """The id of the user whose form carries this token; None if it is none of ours, or too old."""
    row = session.get(FormToken, token)
    return row.user_id if row is not None and row.created_at + LIFETIME > now else None


def delete_expired(session: Session, now: datetime) -> int:
    """Deletes some tokens past their lifetime and returns how many."""
    return delete_some(session, FormToken, col(FormToken.created_at) <= now - LIFETIME)
