"""All promises that calls made to one caller: which of them are one, and how each stands."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    bindparam,
    or_,
    select,
    true,
    update,
)
from sqlmodel import Session

from callcrm.crm.promises.conversations import Conversations
from callcrm.crm.promises.grouping import Debt, Group, grouped
from callcrm.models import Promise
from callcrm.models.conventions import table_of
from callcrm.models.versions import with_version
from callcrm.store.deferred_writes import write_deferred
from callcrm.store.postgres.serialize import serialize

PROMISE = table_of(Promise)
_OTHER = PROMISE.alias("other")
DEBT_COLUMNS = tuple(PROMISE.c[name] for name in Debt.__slots__)
WRITTEN = ("part_of", "state", "closed_at", "kept_by", "due_at")
# Values of a row that is part of itself: so it may be beside an open promise to the same caller, until
# `settle_callers` says whose part it is.
DETACHED: dict[str, Any] = {"part_of": PROMISE.c.id}


def _debts(owed: ColumnElement[bool]) -> Select[Any]:
    """What calls left owing to the caller, locked: what a user decides meanwhile stands."""
    return (
        select(*DEBT_COLUMNS, PROMISE.c.part_of, PROMISE.c.phone, PROMISE.c.owner_id)
        .where(PROMISE.c.caller == bindparam("caller"), owed)
        .order_by(PROMISE.c.created_at, PROMISE.c.id)
        .with_for_update()
    )


def _open_since(promise: FromClause) -> ColumnElement[bool]:
    since = bindparam("since", type_=PROMISE.c.closed_at.type)
    return or_(promise.c.closed_at.is_(None), promise.c.closed_at >= since)


# Constants, for each call that ends asks them.
_OPEN_THEN = select(_OTHER.c.id).where(_OTHER.c.caller == bindparam("caller"), _open_since(_OTHER))
_DEBTS = _debts(true())
_DEBTS_SINCE = _debts(or_(_open_since(PROMISE), PROMISE.c.part_of.in_(_OPEN_THEN)))
_WRITE = (
    update(PROMISE)
    .where(PROMISE.c.id == bindparam("row"))
    .values(
        with_version(
            Promise, {name: bindparam(f"new_{name}", type_=PROMISE.c[name].type) for name in WRITTEN}
        )
    )
)


class Changed(NamedTuple):
    """A promise that was changed, and whose it is."""

    id: str
    owner_id: str | None


def wait_for(session: Session, callers: Iterable[str | None]) -> None:
    """Waits for who changes these callers' promises, and lets nobody else until the commit: to be called
    before any of them is written or locked. None is nobody.
    """
    serialize(session, *(f"promises to {caller}" for caller in callers if caller is not None))


def settle_callers(
    session: Session, callers: Iterable[str | None], *, since: datetime | None = None
) -> Sequence[Changed]:
    """Judges anew the promises that calls made to these callers, whom `wait_for` has waited for; those closed
    before `since` excepted. Returns those that changed.
    """
    changed: list[Changed] = []
    for caller in sorted(caller for caller in set(callers) if caller is not None):
        changed += _settle_caller(session, caller, since)
    return changed


def _settle_caller(session: Session, caller: str, since: datetime | None) -> list[Changed]:
    connection = session.connection()
    parameters = {"caller": caller} if since is None else {"caller": caller, "since": since}
    rows = connection.execute(_DEBTS_SINCE if since else _DEBTS, parameters).all()
    is_number = caller.startswith("+")
    numbers = {caller, *(row.phone for row in rows if row.phone)} if is_number else set()
    first_after = Conversations(session, caller, numbers).first_after
    debts = [Debt(*row[: len(DEBT_COLUMNS)]) for row in rows]
    wanted = columns_of(grouped(debts, first_after))
    changed = [row for row in rows if _differs(row, wanted[row.id])]
    if len(changed) > 1:
        ids = [row.id for row in changed]
        connection.execute(update(PROMISE).where(PROMISE.c.id.in_(ids)).values(DETACHED))
    for row in changed:
        values = {f"new_{name}": value for name, value in wanted[row.id].items()}
        write_deferred(session, _WRITE, {"row": row.id, **values})
    return [Changed(row.id, row.owner_id) for row in changed]


def columns_of(groups: Sequence[Group]) -> dict[str, dict[str, Any]]:
    """By promise id: the columns that follow from its group; a part that a user decided keeps that."""
    columns: dict[str, dict[str, Any]] = {}
    for group in groups:
        head, standing = group.head, group.standing
        for debt in group.debts:
            part = debt is not head
            own = {name: getattr(debt, name) for name in standing}
            columns[debt.id] = {
                "part_of": head.id if part else None,
                **(own if part and debt.decided_at else standing),
                "due_at": debt.due_at if part else group.due_at,
            }
    return columns


def _differs(row: Row[Any], wanted: dict[str, Any]) -> bool:
    return any(getattr(row, name) != wanted[name] for name in WRITTEN)
