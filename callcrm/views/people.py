"""Names of users and customers, loaded once for a page."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from callcrm.models import Customer, User


def names_by_id(session: Session, ids: Collection[str]) -> dict[str, str]:
    """The names of the users with these ids, by id."""
    rows = select(User.id, User.name).where(col(User.id).in_(ids))
    return dict(session.exec(rows).all()) if ids else {}


def customer_names(session: Session, ids: Collection[str]) -> dict[str, str]:
    """The names of the customers with these ids, by id."""
    rows = select(Customer.id, Customer.name).where(col(Customer.id).in_(ids))
    return dict(session.exec(rows).all()) if ids else {}
