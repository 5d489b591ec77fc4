"""Reading and writing a call's rows with Core statements: the webhooks' hot path."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, literal, select, true, update
from sqlmodel import Session

from callcrm.base.ids import derived_id
from callcrm.customers import identity
from callcrm.ledger.event_store import EVENT, StoredEvent
from callcrm.models import Call, CallState, Leg
from callcrm.store.deferred_inserts import insert_deferred

CALL: Table = Call.__table__  # type: ignore[attr-defined]
LEG: Table = Leg.__table__  # type: ignore[attr-defined]
HEARD = "heard_at"
CallRow = Mapping[str, Any]

_LOCKED = select(CALL).where(CALL.c.carrier_sid == bindparam("sid")).with_for_update()
_FOUND = _LOCKED.cte("found")
_ONE = select(literal(1).label("one")).subquery("one")
_LOOK = (
    select(EVENT.c.id.label("kept"), EVENT.c.answer, _FOUND)
    .select_from(_ONE)
    .join(EVENT, EVENT.c.key == bindparam("key"), isouter=True)
    .join(_FOUND, true(), isouter=True)
)
_INSERT = insert(CALL).values(identity.resolved(bindparam("caller", type_=CALL.c.phone.type)))
_LEGS = select(LEG).where(LEG.c.call_id == bindparam("call"))


def call_id(root_sid: str) -> str:
    """The id a call has, and has again after a rebuild."""
    return derived_id("call", root_sid)


def locked(session: Session, root_sid: str) -> CallRow | None:
    """The call's row, kept from other writers until the commit; None if there is none yet."""
    found = session.connection().execute(_LOCKED, {"sid": root_sid}).first()
    return dict(found._mapping) if found else None


def look(session: Session, key: str, root_sid: str) -> tuple[StoredEvent | None, CallRow | None]:
    """The event of this key if it is kept already, and the call's row, locked: in one round trip."""
    found = session.connection().execute(_LOOK, {"key": key, "sid": root_sid}).one()
    row = {name: value for name, value in found._mapping.items() if name not in ("kept", "answer")}
    return StoredEvent(found.answer) if found.kept is not None else None, row if row["id"] else None


def begin(session: Session, values: dict[str, Any], *, caller: str | None) -> bool:
    """Insert the call, with the customer whose number the caller's certainly is; True, for that is news."""
    insert_deferred(session, _INSERT, values | {"caller": caller})
    return True


def write(session: Session, row: CallRow, values: dict[str, Any]) -> bool:
    """Change what differs in the call; True if its history did. `heard_at` alone is no history."""
    changed = {name: value for name, value in values.items() if row[name] != value and name != HEARD}
    if changed or values["state"] == CallState.QUEUED:
        now = {HEARD: values[HEARD]}
        session.connection().execute(update(CALL).where(CALL.c.id == row["id"]).values(**changed, **now))
    return bool(changed)


def write_legs(session: Session, call: str, legs: list[dict[str, Any]], *, known: bool) -> bool:
    """Make the call's legs these; True if anything differed."""
    connection = session.connection()
    there: dict[str, dict[str, Any]] = {}
    if known:
        there = {
            leg["carrier_sid"]: dict(leg) for leg in connection.execute(_LEGS, {"call": call}).mappings()
        }
    wanted = {leg["carrier_sid"]: leg for leg in legs}
    fresh = [leg for sid, leg in wanted.items() if sid not in there]
    changed = [leg for sid, leg in wanted.items() if sid in there and there[sid] != leg]
    gone = there.keys() - wanted.keys()
    if gone:
        connection.execute(delete(LEG).where(LEG.c.carrier_sid.in_(gone)))
    for leg in changed:
        connection.execute(update(LEG).where(LEG.c.carrier_sid == leg["carrier_sid"]).values(**leg))
    if fresh:
        connection.execute(insert(LEG), fresh)
    return bool(fresh or changed or gone)
