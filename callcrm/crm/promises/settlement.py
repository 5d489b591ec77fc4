"""What ended calls mean for promises: the one to a caller that their calls make, and those a call kept.

Promises that calls made are a pure function of all ended calls, whatever the order in which they became
known, and of what users have decided about them, which stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    union_all,
    update,
)
from sqlmodel import Session

from callcrm.base.ids import derived_id
from callcrm.crm.promises import conversations
from callcrm.crm.promises.callers import DETACHED, Changed, settle_callers, wait_for
from callcrm.crm.promises.grouping import DUE_AFTER
from callcrm.ledger.event_store import EVENT
from callcrm.models import Call, Customer, Outcome, Promise, PromiseKind, PromiseState, User
from callcrm.models.conventions import table_of
from callcrm.models.crm.survey import SurveyResponse
from callcrm.models.versions import with_version
from callcrm.store.deferred_writes import read_prepared

CALL = table_of(Call)
CUSTOMER = table_of(Customer)
PROMISE = table_of(Promise)
RESPONSE = table_of(SurveyResponse)
USER = table_of(User)

KINDS_NEEDING_NUMBER = (PromiseKind.MISSED, PromiseKind.CALLBACK)
_OWN = PROMISE.alias("own")
_OTHER = PROMISE.alias("other")


@dataclass(frozen=True, slots=True)
class EndedCall:
    """A call as it concerns promises: its row, what is known to the ledger, the promise it made, and whether
    there are promises of other calls that it may have kept. `was_asked`: its caller was asked for a mark, and
    may have asked for somebody instead.
    """

    id: str
    carrier_sid: str
    direction: str
    phone: str | None
    customer_id: str | None
    outcome: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    owner_id: str | None
    promise_id: str | None
    promise_kind: str | None
    promise_phone: str | None
    caller: str | None
    promised_at: datetime | None
    decided_at: datetime | None
    arranged_by: str | None
    concerns_others: bool
    has_events: bool
    was_asked: bool


def find_call(session: Session, call_id: str) -> EndedCall | None:
    """The call; None if it is none, or none any more."""
    rows = read_prepared(session, _CALL_WITH_PROMISES, {"call": call_id})
    return EndedCall(**rows[0]) if rows else None


def settle(
    session: Session, call: EndedCall, kind: str | None, phone: str | None, now: datetime
) -> Sequence[Changed]:
    """Write what an ended call means for promises: its own (of this `kind`, or none; `phone` is to be rung),
    and those it kept; returns what changed. To be called again whenever the call's history, customer or
    disposition changes.
    """
    if kind in KINDS_NEEDING_NUMBER and phone is None:
        kind = None  # a withheld caller who left no word can't be rung back
    caller = caller_of(call.customer_id, call.phone, phone or call.promise_phone)
    owes = kind is not None or call.promise_id is not None
    callers = {call.caller, caller} if owes else set()
    if call.concerns_others:
        callers |= _concerned(session, call)
    wait_for(session, callers)
    if owes:
        _write_own(session, call, kind, phone, caller, now)
    before = [at for at in (call.started_at, call.promised_at) if at]
    return settle_callers(session, callers, since=min(before) - conversations.LONGEST_CALL)


def settle_merged(session: Session, call_id: str) -> Sequence[Changed]:
    """Judges anew the promises that a call kept or was shown for, which turned out to be a leg of another."""
    lost = PROMISE.c.part_of == derived_id("prm", call_id)
    whose = select(PROMISE.c.caller).where(or_(PROMISE.c.kept_by == call_id, lost))
    callers = session.connection().execute(whose).scalars().all()
    wait_for(session, callers)
    return settle_callers(session, callers)


def settle_customer(session: Session, customer_id: str) -> Sequence[Changed]:
    """Judges anew the promises to a customer, those among them that calls have just brought along. What no
    call made, a promise given or a question from outside, stays as it is.
    """
    connection = session.connection()
    strangers = (
        PROMISE.c.customer_id == customer_id,
        PROMISE.c.call_id.is_not(None),
        PROMISE.c.caller.is_distinct_from(customer_id),
    )
    callers = {customer_id, *connection.execute(select(PROMISE.c.caller).where(*strangers)).scalars()}
    wait_for(session, callers)
    connection.execute(update(PROMISE).where(*strangers).values({**DETACHED, "caller": customer_id}))
    return settle_callers(session, callers)


def caller_of(customer_id: str | None, phone: str | None, number: str | None) -> str | None:
    """To whom a promise is owed: the customer, else the number they called from, else the one they keyed in.

    None for a withheld caller: no two of them are the same.
    """
    return customer_id or phone or number


def last_agent(session: Session, call: EndedCall) -> str | None:
    """The agent who last spoke with them before this call, if still enabled."""
    by_customer = (_LAST_OF_CUSTOMER, call.customer_id)
    query, caller = by_customer if call.customer_id else (_LAST_OF_PHONE, call.phone)
    if caller is None:
        return None
    values = {"caller": caller, "before": call.started_at}
    agent: str | None = session.connection().execute(query, values).scalar()
    return agent


def _last_agent(same: ColumnElement[Any]) -> Select[Any]:
    return (
        select(CALL.c.agent_id)
        .join(USER, USER.c.id == CALL.c.agent_id)
        .where(same == bindparam("caller"), CALL.c.outcome == Outcome.ANSWERED)
        .where(CALL.c.started_at < bindparam("before"), USER.c.disabled_at.is_(None))
        .order_by(CALL.c.started_at.desc(), CALL.c.id.desc())
        .limit(1)
    )


_LAST_OF_CUSTOMER = _last_agent(CALL.c.customer_id)
_LAST_OF_PHONE = _last_agent(CALL.c.phone)
_INSERT = insert(PROMISE)


def _write_own(
    session: Session, call: EndedCall, kind: str | None, phone: str | None, caller: str | None, now: datetime
) -> None:
    """Writes the row of what this call left owing to this caller, detached where the caller is new."""
    connection, own = session.connection(), PROMISE.c.call_id == call.id
    moved = DETACHED if caller is not None and caller != call.caller else {}
    if call.decided_at is not None:
        values = {"customer_id": call.customer_id, "caller": caller}
        connection.execute(update(PROMISE).where(own).values(values | moved))
    elif kind is None:
        connection.execute(delete(PROMISE).where(own, PROMISE.c.decided_at.is_(None)))
    else:
        values = _values(session, call, kind, phone, now) | {"caller": caller}
        if caller is None:
            values |= {"part_of": None, "state": PromiseState.OPEN, "closed_at": None, "kept_by": None}
        if call.promise_id is None:
            key = derived_id("prm", call.id)
            fresh = {"id": key, "call_id": call.id, "part_of": key, "state": PromiseState.OPEN}
            fresh = fresh if caller else {"id": key, "call_id": call.id}
            connection.execute(_INSERT, {**fresh, **values})
        else:
            if call.arranged_by is not None:
                del values["owner_id"], values["due_at"]
            statement = update(PROMISE).where(own)
            connection.execute(statement.values(with_version(Promise, values | moved)))


def _values(session: Session, call: EndedCall, kind: str, phone: str | None, now: datetime) -> dict[str, Any]:
    at = call.ended_at or now
    return {
        "kind": kind,
        "phone": phone,
        "customer_id": call.customer_id,
        "owner_id": call.owner_id or last_agent(session, call),
        "due_at": at + DUE_AFTER[PromiseKind(kind)],
        "created_at": at,
    }


def _concerned(session: Session, call: EndedCall) -> set[str | None]:
    """The callers of whose promises this call may have kept one, or seemed to before more was known of it."""
    whose = {"call": call.id, "customer": call.customer_id, "phone": call.phone}
    statement = _CONCERNED_CUSTOMER if call.customer_id else _CONCERNED_PHONE
    return {row["caller"] for row in read_prepared(session, statement, whose)}


def _concerned_by(*links: ColumnElement[bool]) -> Select[Any]:
    """The callers of promises, link by link: PostgreSQL answers one with OR in it without an index."""
    callers = union_all(*(select(PROMISE.c.caller).where(link) for link in links)).subquery()
    return select(callers.c.caller)


_KEPT_BY_IT = PROMISE.c.kept_by == bindparam("call")
_CONCERNED_CUSTOMER = _concerned_by(_KEPT_BY_IT, PROMISE.c.caller == bindparam("customer"))
_CONCERNED_PHONE = _concerned_by(
    _KEPT_BY_IT, PROMISE.c.caller == bindparam("phone"), PROMISE.c.phone == bindparam("phone")
)


def _of_another_call(promise: Any) -> ColumnElement[bool]:
    return promise.c.call_id.is_distinct_from(CALL.c.id)  # type: ignore[no-any-return]


# Several questions, for one with OR in it is answered by PostgreSQL without an index.
_CONCERNS_OTHERS = or_(
    *(
        exists().where(_of_another_call(_OTHER), _OTHER.c.caller.is_not(None), link)
        for link in (
            _OTHER.c.phone == CALL.c.phone,
            _OTHER.c.caller == CALL.c.phone,
            _OTHER.c.caller == CALL.c.customer_id,
            _OTHER.c.kept_by == CALL.c.id,
        )
    )
)
_COLUMNS = (
    *("id", "carrier_sid", "direction", "phone", "customer_id", "outcome"),
    *("started_at", "answered_at", "ended_at"),
)
# One statement tells a call that owes nothing and keeps nothing from the few that do.
_CALL_WITH_PROMISES = (
    select(*(CALL.c[name] for name in _COLUMNS), CUSTOMER.c.owner_id)
    .add_columns(_OWN.c.id.label("promise_id"), _OWN.c.kind.label("promise_kind"))
    .add_columns(_OWN.c.phone.label("promise_phone"), _OWN.c.caller)
    .add_columns(_OWN.c.created_at.label("promised_at"), _OWN.c.decided_at, _OWN.c.arranged_by)
    .add_columns(_CONCERNS_OTHERS.label("concerns_others"))
    .add_columns(exists().where(RESPONSE.c.call_id == CALL.c.id).label("was_asked"))
    .add_columns(exists().where(EVENT.c.root_sid == CALL.c.carrier_sid).label("has_events"))
    .select_from(CALL)
    .outerjoin(CUSTOMER, CUSTOMER.c.id == CALL.c.customer_id)
    .outerjoin(_OWN, _OWN.c.call_id == CALL.c.id)
    .where(CALL.c.id == bindparam("call"))
)
