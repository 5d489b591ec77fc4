"""Reads and writes of a call's rows as Core statements, for speed: every webhook runs them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, delete, insert, literal, select, true, update
from sqlmodel import Session

from callcrm.base.ids import derived_id
from callcrm.customers import identity
from callcrm.ledger import event_store
from callcrm.ledger.event_store import EVENT, Event, StoredEvent
from callcrm.models import Call, CallState, Leg
from callcrm.models.conventions import table_of
from callcrm.models.versions import with_version
from callcrm.store.deferred_writes import read_prepared, write_deferred

CALL = table_of(Call)
LEG = table_of(Leg)
HEARD = "last_event_at"
CallRow = Mapping[str, Any]

_LOCKED = select(CALL).where(CALL.c.carrier_sid == bindparam("sid")).with_for_update()
_CALL = _LOCKED.cte("locked_call")
_ONE_ROW = select(literal(1).label("one_row")).subquery("one_row")
_LOOK = (
    select(EVENT.c.id.label("kept"), EVENT.c.answer, _CALL)
    .select_from(_ONE_ROW)
    .join(EVENT, EVENT.c.key.in_((bindparam("key"), bindparam("former_key"))), isouter=True)
    .join(_CALL, true(), isouter=True)
)
_INSERT = insert(CALL).values(identity.resolved(bindparam("caller", type_=CALL.c.phone.type)))
_INSERT_LEG = insert(LEG)
_UPDATE_LEG = (
    update(LEG)
    .where(LEG.c.carrier_sid == bindparam("sid"))
    .values({column: bindparam(f"new_{column.name}", type_=column.type) for column in LEG.c})
)
_LEGS = select(LEG).where(LEG.c.call_id == bindparam("call"))


def call_id(root_sid: str) -> str:
    """The id of the call with this SID: derived from it, so that a rebuild gives the same."""
    return derived_id("call", root_sid)


def locked(session: Session, root_sid: str) -> CallRow | None:
    """The call's row, locked until the commit; None if it is not stored yet."""
    rows = read_prepared(session, _LOCKED, {"sid": root_sid})
    return rows[0] if rows else None


def find_event_and_call(session: Session, event: Event) -> tuple[StoredEvent | None, CallRow | None]:
    """The event as the ledger has it, if it does, and its call's row, locked; in one round trip."""
    parameters = event_store.keys(event) | {"sid": event.root_sid}
    row, *_ = read_prepared(session, _LOOK, parameters)
    kept, answer = row.pop("kept"), row.pop("answer")
    return StoredEvent(answer) if kept is not None else None, row if row["id"] else None


def insert_call(session: Session, values: dict[str, Any], *, caller: str | None) -> bool:
    """Inserts the call, with its customer if `caller` (E.164) is the number of exactly one. Always True: a
    new call is a change to announce.
    """
    write_deferred(session, _INSERT, values | {"caller": caller})
    return True


def write(session: Session, row: CallRow, values: dict[str, Any]) -> bool:
    """Updates the columns of the call that differ. True if any did, `last_event_at` aside: it is written only
    with others, or while the call waits in a queue.
    """
    changed = {name: value for name, value in values.items() if row[name] != value and name != HEARD}
    if changed or values["state"] == CallState.QUEUED:
        changed[HEARD] = values[HEARD]
        statement = _update(tuple(sorted(changed)))
        write_deferred(
            session, statement, {"row": row["id"], **{_new(name): changed[name] for name in changed}}
        )
    return len(changed) > 1


def _new(name: str) -> str:
    return f"new_{name}"


@cache
def _update(names: tuple[str, ...]) -> Update:
    """An update of these columns, made once: of sets that change together there are a few dozen."""
    values = {name: bindparam(_new(name), type_=CALL.c[name].type) for name in names}
    return update(CALL).where(CALL.c.id == bindparam("row")).values(**with_version(Call, values))


def write_legs(session: Session, call: str, legs: list[dict[str, Any]], *, replacing: bool) -> bool:
    """Stores these legs as the call's; True if any differed. `replacing`: there may be stored ones."""
    stored: dict[str, dict[str, Any]] = {}
    if replacing:
        stored = {leg["carrier_sid"]: leg for leg in read_prepared(session, _LEGS, {"call": call})}
    wanted = {leg["carrier_sid"]: leg for leg in legs}
    fresh = [leg for sid, leg in wanted.items() if sid not in stored]
    changed = [leg for sid, leg in wanted.items() if sid in stored and stored[sid] != leg]
    gone = stored.keys() - wanted.keys()
    if gone:
        session.connection().execute(delete(LEG).where(LEG.c.carrier_sid.in_(gone)))
    for leg in changed:
        new = {_new(name): value for name, value in leg.items()}
        write_deferred(session, _UPDATE_LEG, new | {"sid": leg["carrier_sid"]})
    for leg in fresh:
        write_deferred(session, _INSERT_LEG, leg)
    return bool(fresh or changed or gone)
