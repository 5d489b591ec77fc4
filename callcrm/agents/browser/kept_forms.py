"""Forms kept for their user: under a secret that only the browser has that sent them, for an hour."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select

from callcrm.agents.browser import form_tokens
from callcrm.base.ids import new_secret, secret_hash
from callcrm.models import KeptForm
from callcrm.models.delete_some import delete_some

LIFETIME = timedelta(hours=1)
MOST = 10  # of one user: the oldest gives way
LONGEST_PATH = 500

Fields = Sequence[tuple[str, str]]


def keep(session: Session, token: str, path: str, fields: Fields, now: datetime) -> tuple[str, str] | None:
    """The secret of the kept form and the id of its user; None for a token of nobody's."""
    user_id = form_tokens.owner(session, token, now)
    if user_id is None or len(path) > LONGEST_PATH:
        return None
    own = select(KeptForm).where(KeptForm.user_id == user_id).order_by(col(KeptForm.kept_at).desc())
    for row in session.exec(own.offset(MOST - 1)).all():
        session.delete(row)
    secret = new_secret()
    pairs = [list(pair) for pair in fields]
    session.add(
        KeptForm(secret_hash=secret_hash(secret), user_id=user_id, path=path, fields=pairs, kept_at=now)
    )
    session.flush()
    return secret, user_id


def find(session: Session, secret: str, user_id: str, now: datetime) -> KeptForm | None:
    """The form kept under this secret for this user; None for another user, and after its time."""
    row = session.get(KeptForm, secret_hash(secret))
    if row is None or row.user_id != user_id or row.kept_at + LIFETIME <= now:
        return None
    return row


def forget(session: Session, secret: str, user_id: str, path: str) -> int:
    """Deletes the form kept under this secret, if it is this user's and of this address: it has been sent
    again.
    """
    own = (col(KeptForm.user_id) == user_id, col(KeptForm.path) == path)
    sent = delete(KeptForm).where(col(KeptForm.secret_hash) == secret_hash(secret), *own)
    return session.exec(sent).rowcount


def delete_expired(session: Session, now: datetime) -> int:
    """Deletes some forms past their time, and returns how many."""
    return delete_some(session, KeptForm, col(KeptForm.kept_at) <= now - LIFETIME)
