"""Users and customers as the objects of nouns refer to them: id and name, loaded once for all."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from callcrm.base.objects import Named
from callcrm.models import Customer, User


def named(
    session: Session, model: type[User] | type[Customer], ids: Iterable[str | None]
) -> dict[str, Named]:
    """By id: these users or customers, as far as there are any."""
    wanted = {key for key in ids if key}
    if not wanted:
        return {}
    rows = session.exec(select(col(model.id), col(model.name)).where(col(model.id).in_(wanted)))
    return {key: Named(id=key, name=name) for key, name in rows}
