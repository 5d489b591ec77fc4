"""People of ours, looked up once for all that name them."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from callcrm.models import User


def names(session: Session, ids: Collection[str]) -> dict[str, str]:
    """The names of people of ours, by id."""
    rows = select(User.id, User.name).where(col(User.id).in_(ids))
    return dict(session.exec(rows).all()) if ids else {}
