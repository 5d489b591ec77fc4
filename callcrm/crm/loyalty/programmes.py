"""Programmes: made, changed, listed. What has been redeemed keeps its programme as it was counted."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select, tuple_

from callcrm.base.errors import Conflict, NotFound, Refused
from callcrm.base.ids import new_id
from callcrm.base.text import one_line
from callcrm.crm.loyalty import parameters
from callcrm.models.crm.loyalty import Programme, Redemption
from callcrm.models.versions import locked

LONGEST_NAME = 100
MOST_ACTIVE = 50


def create(
    session: Session,
    *,
    name: str,
    kind: str,
    parameters: parameters.Parameters,
    active: bool = True,
    by: str | None,
    now: datetime,
) -> Programme:
    """A new programme; Refused for a name that is empty or too long, and beyond MOST_ACTIVE active ones."""
    row = Programme(
        id=new_id("prg", now),
        name=_name(name),
        kind=kind,
        parameters=_as_json(parameters),
        active=active,
        created_by=by,
        created_at=now,
    )
    if active:
        _check_room(session)
    session.add(row)
    session.flush()
    return row


def update(session: Session, programme_id: str, changes: dict[str, Any]) -> Programme:
    """The programme, changed: `name`, `kind`, `parameters` (parsed), `active`; what is left out stays.

    Its kind and product stand once something was redeemed: Conflict.
    """
    row = lock(session, programme_id)
    if changes.get("active") and not row.active:
        _check_room(session)
    if "name" in changes:
        row.name = _name(changes["name"])
    if "active" in changes:
        row.active = changes["active"]
    kind = changes.get("kind", row.kind)
    stored = _as_json(changes["parameters"]) if "parameters" in changes else row.parameters
    if (kind, stored.get("product")) != (row.kind, row.parameters.get("product")):
        _check_unused(session, row)
    row.kind, row.parameters = kind, stored
    session.add(row)
    session.flush()
    return row


def get(session: Session, programme_id: str) -> Programme:
    """The programme of this id; NotFound."""
    return _existing(session.get(Programme, programme_id))


def lock(session: Session, programme_id: str) -> Programme:
    """The programme as it is now, locked until the commit; NotFound."""
    return _existing(locked(session, Programme, programme_id))


def find(
    session: Session, *, active: bool | None = None, after: tuple[datetime, str] | None = None, limit: int
) -> Sequence[Programme]:
    """Programmes, newest first."""
    newest = select(Programme).order_by(col(Programme.created_at).desc(), col(Programme.id).desc())
    if active is not None:
        newest = newest.where(col(Programme.active).is_(active))
    if after is not None:
        newest = newest.where(tuple_(col(Programme.created_at), col(Programme.id)) < after)
    return session.exec(newest.limit(limit)).all()


_ACTIVE = (
    select(Programme)
    .where(col(Programme.active).is_(True))
    .order_by(col(Programme.created_at), col(Programme.id))
    .limit(MOST_ACTIVE)
)


def active(session: Session) -> Sequence[Programme]:
    """The programmes that reward now, oldest first."""
    return session.exec(_ACTIVE).all()


def names(session: Session, ids: Collection[str]) -> dict[str, str]:
    """The names of these programmes, by id."""
    rows = select(Programme.id, Programme.name).where(col(Programme.id).in_(ids))
    return dict(session.exec(rows).all()) if ids else {}


def _as_json(value: parameters.Parameters) -> dict[str, Any]:
    return parameters.as_json(value)


def _existing(row: Programme | None) -> Programme:
    if row is None:
        raise NotFound("There is no such programme.")
    return row


def _name(text: str) -> str:
    name = one_line(text)
    if not name or len(name) > LONGEST_NAME:
        raise Refused("Give the programme a short name.", field="name")
    return name


def _check_room(session: Session) -> None:
    """Every active programme is reckoned for every caller, so there are not many."""
    if len(active(session)) >= MOST_ACTIVE:
        raise Refused("There are too many programmes. Switch one off first.", field="active")


def _check_unused(session: Session, row: Programme) -> None:
    used = select(Redemption.id).where(Redemption.programme_id == row.id).limit(1)
    if session.exec(used).first() is not None:
        raise Conflict(
            "Customers have redeemed of this programme already. Switch it off and make a new one.",
            field="kind",
        )
