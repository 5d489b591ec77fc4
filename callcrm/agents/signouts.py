"""Ending sessions: at once, at the server, and said to the screens that show them."""

from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, select

from callcrm.base.ids import secret_hash
from callcrm.live.announce import announce
from callcrm.models import SignIn

ENDED = "signin.ended"


def end(session: Session, signin_id: str, user_id: str) -> None:
    """This session of theirs is over; one that is over already stays so."""
    _end(session, col(SignIn.id) == signin_id, col(SignIn.user_id) == user_id)


def end_all(session: Session, user_id: str, *, but: str | None = None) -> int:
    """How many sessions of this user are over now: every one `but` one."""
    return _end(session, col(SignIn.user_id) == user_id, col(SignIn.id) != (but or ""))


def end_by_secret(session: Session, secret: str) -> None:
    """Whichever session this secret opens is over."""
    _end(session, col(SignIn.hash) == secret_hash(secret))


def forget(session: Session, now: datetime) -> int:
    """How many sessions had outlived themselves and are dropped."""
    return session.connection().execute(delete(SignIn).where(col(SignIn.ends_at) <= now)).rowcount


def _end(session: Session, *which: ColumnElement[bool]) -> int:
    over = session.exec(select(SignIn).where(*which)).all()
    for one in over:
        session.delete(one)
        announce(session, ENDED, one.id, to=[one.user_id])
    session.flush()
    return len(over)
