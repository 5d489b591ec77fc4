"""The worklist of promises: overdue ones first, then by due time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, tuple_
from sqlmodel import Session, col, select

from callcrm.models import Promise, PromiseState, shown_to

NOBODY = "nobody"
Key = tuple[datetime, str]


def worklist(
    session: Session,
    *,
    reader: str | None,
    state: PromiseState = PromiseState.OPEN,
    owner: str | None = None,
    key: Key | None = None,
    back: bool = False,
    limit: int = 50,
) -> Sequence[Promise]:
    """At most `limit` promises that this reader may know of, of an owner (NOBODY: of none; None: of all),
    behind this time and id; `back`: those before it, the nearest first. Open ones by due time, closed ones
    latest first.
    """
    open_ = state == PromiseState.OPEN
    at, ascending = col(Promise.due_at if open_ else Promise.closed_at), open_ != back
    statement = select(Promise).where(Promise.state == state, shown_to(reader), *_of(owner))
    if key is not None:
        position = tuple_(at, col(Promise.id))
        statement = statement.where(position > key if ascending else position < key)
    ways = (at.asc(), col(Promise.id).asc()) if ascending else (at.desc(), col(Promise.id).desc())
    return session.exec(statement.order_by(*ways).limit(limit)).all()


def count_late(session: Session, now: datetime, *, owner: str | None, reader: str | None) -> int:
    """How many open promises that this reader may know of should have been kept by now: of this owner and of
    nobody; None: of all.
    """
    statement = select(func.count()).select_from(Promise)
    whose = () if owner is None else (col(Promise.owner_id).is_(None) | (col(Promise.owner_id) == owner),)
    return session.exec(
        statement.where(
            Promise.state == PromiseState.OPEN, shown_to(reader), col(Promise.due_at) < now, *whose
        )
    ).one()


def tally(session: Session, owner: str) -> dict[str, int]:
    """How many promises that this owner may know of are open: `mine` (theirs), `nobody`'s and `all`."""
    open_ = Promise.state == PromiseState.OPEN
    counted = (
        select(col(Promise.owner_id), func.count())
        .where(open_, shown_to(owner))
        .group_by(col(Promise.owner_id))
    )
    by_owner = dict(session.exec(counted).all())
    return {
        "mine": by_owner.get(owner, 0),
        NOBODY: by_owner.get(None, 0),
        "all": sum(by_owner.values()),
    }


def _of(owner: str | None) -> tuple[ColumnElement[bool], ...]:
    if owner is None:
        return ()
    return (col(Promise.owner_id).is_(None) if owner == NOBODY else col(Promise.owner_id) == owner,)
