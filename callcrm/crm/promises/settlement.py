"""What ended calls mean for promises: the one a call made, and those it kept by getting through.

The promise a call made is a pure function of all ended calls, whatever the order in which they became known;
only what a user has decided about it stays.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlmodel import Session

from callcrm.base.ids import derived_id
from callcrm.models import Call, CallState, Customer, Outcome, Promise, PromiseKind, PromiseState, User
from callcrm.models.conventions import table_of
from callcrm.models.versions import with_version

CALL = table_of(Call)
CUSTOMER = table_of(Customer)
PROMISE = table_of(Promise)
USER = table_of(User)

OPEN: dict[str, Any] = {"state": PromiseState.OPEN, "closed_at": None, "kept_by": None}
DUE_AFTER = {
    PromiseKind.MISSED: timedelta(minutes=30),
    PromiseKind.CALLBACK: timedelta(minutes=30),
    PromiseKind.VOICEMAIL: timedelta(minutes=60),
}
KINDS_NEEDING_NUMBER = (PromiseKind.MISSED, PromiseKind.CALLBACK)
LONGEST_CALL = timedelta(days=1)


def settle(session: Session, call_id: str, kind: str | None, phone: str | None, now: datetime) -> None:
    """Write what an ended call means for promises: its own (of this `kind`, or none; `phone` is to be rung),
    and those it kept by getting through. To be called again whenever the call's history changes.
    """
    call = session.connection().execute(_CALL_WITH_PROMISES, {"call": call_id}).first()
    if call is None:
        return
    if kind in KINDS_NEEDING_NUMBER and phone is None:
        kind = None  # a withheld caller who left no word can't be rung back
    _settle_own(session, call, kind, phone, now)
    if call.concerns_others:
        _settle_others(session, call)


def reopen_kept_by(session: Session, call_id: str) -> None:
    """Judges anew the promises kept by this call, which turned out to be a leg of another."""
    kept = select(PROMISE).where(PROMISE.c.kept_by == call_id, PROMISE.c.closed_by.is_(None))
    for promise in session.connection().execute(kept).all():
        columns = promise_state(
            session, promise.call_id, promise.phone, promise.customer_id, promise.created_at
        )
        session.connection().execute(
            update(PROMISE).where(PROMISE.c.id == promise.id).values(with_version(Promise, columns))
        )


def _settle_own(session: Session, call: Row[Any], kind: str | None, phone: str | None, now: datetime) -> None:
    connection = session.connection()
    own_promise = PROMISE.c.call_id == call.id
    if call.closed_by is not None:
        connection.execute(update(PROMISE).where(own_promise).values(customer_id=call.customer_id))
    elif kind is None:
        if call.promise_id is not None:
            connection.execute(delete(PROMISE).where(own_promise))
    else:
        values = _promise_values(session, call, kind, phone, now)
        if call.arranged_by is not None:
            del values["owner_id"], values["due_at"]
        if call.promise_id is not None:
            connection.execute(update(PROMISE).where(own_promise).values(with_version(Promise, values)))
        else:
            key = {"id": derived_id("prm", call.id), "call_id": call.id}
            connection.execute(insert(PROMISE).values(**key, **values))


def _promise_values(
    session: Session, call: Row[Any], kind: str, phone: str | None, now: datetime
) -> dict[str, Any]:
    at = call.ended_at or now
    return {
        "kind": kind,
        "phone": phone,
        "customer_id": call.customer_id,
        "owner_id": call.owner_id or _last_agent(session, call),
        "due_at": at + DUE_AFTER[PromiseKind(kind)],
        "created_at": at,
        **promise_state(session, call.id, phone, call.customer_id, at),
    }


def _last_agent(session: Session, call: Row[Any]) -> str | None:
    """The agent who last spoke with them before this call, if still enabled."""
    same_party = _same_party(CALL, None if call.customer_id else call.phone, call.customer_id)
    agents_spoken_to = (
        select(CALL.c.agent_id)
        .join(USER, USER.c.id == CALL.c.agent_id)
        .where(same_party, CALL.c.outcome == Outcome.ANSWERED, CALL.c.started_at < call.started_at)
        .where(USER.c.disabled_at.is_(None))
        .order_by(CALL.c.started_at.desc(), CALL.c.id.desc())
    )
    agent: str | None = session.connection().execute(agents_spoken_to.limit(1)).scalar()
    return agent


def _settle_others(session: Session, call: Row[Any]) -> None:
    """Settles the promises this call keeps, and those it seemed to keep before more was known of it."""
    connection = session.connection()
    # What somebody promised is kept by doing it; what a call left owing, by speaking with them.
    settleable = and_(
        _of_another_call(PROMISE, call.id),
        PROMISE.c.closed_by.is_(None),
        PROMISE.c.kind != PromiseKind.PROMISED,
    )
    kept_by_it = PROMISE.c.kept_by == call.id
    kept_now: ColumnElement[bool] = false()
    if call.outcome == Outcome.ANSWERED and call.answered_at is not None:
        kept_now = and_(
            _same_party(PROMISE, call.phone, call.customer_id), PROMISE.c.created_at < call.answered_at
        )
        later = tuple_(PROMISE.c.closed_at, PROMISE.c.kept_by) > (call.answered_at, call.id)
        settled = update(PROMISE).where(
            settleable, kept_now, or_(PROMISE.c.state == PromiseState.OPEN, kept_by_it, later)
        )
        columns = {"state": PromiseState.KEPT, "closed_at": call.answered_at, "kept_by": call.id}
        connection.execute(settled.values(with_version(Promise, columns)))
    for promise in connection.execute(
        select(PROMISE).where(settleable, kept_by_it, ~func.coalesce(kept_now, false()))
    ).all():
        columns = promise_state(
            session, promise.call_id, promise.phone, promise.customer_id, promise.created_at
        )
        kept = update(PROMISE).where(PROMISE.c.id == promise.id)
        connection.execute(kept.values(with_version(Promise, columns)))


def promise_state(
    session: Session, call_id: str | None, phone: str | None, customer_id: str | None, since: datetime
) -> dict[str, Any]:
    """How a promise stands, as columns: kept by the first call after it that got through, or open."""
    calls_through = (
        select(CALL.c.id, CALL.c.answered_at)
        .where(
            _same_party(CALL, phone, customer_id),
            CALL.c.state == CallState.ENDED,
            CALL.c.outcome == Outcome.ANSWERED,
        )
        .where(
            CALL.c.started_at > since - LONGEST_CALL, CALL.c.answered_at > since, CALL.c.id != (call_id or "")
        )
        .order_by(CALL.c.answered_at, CALL.c.id)
    )
    first = session.connection().execute(calls_through.limit(1)).first()
    if first is None:
        return OPEN
    return {"state": PromiseState.KEPT, "closed_at": first.answered_at, "kept_by": first.id}


def _same_party(table: FromClause, phone: str | None, customer_id: str | None) -> ColumnElement[bool]:
    """The condition for rows of this number or this customer; for neither it matches nothing."""
    same = [table.c.phone == phone] if phone else []
    same += [table.c.customer_id == customer_id] if customer_id else []
    return or_(false(), *same)


def _of_another_call(table: FromClause, call_id: Any) -> ColumnElement[bool]:
    return table.c.call_id.is_distinct_from(call_id)


_OWN = PROMISE.alias("own")
_OTHER = PROMISE.alias("other")
# Three questions, for one with OR in it is answered by PostgreSQL without an index.
_CONCERNS_OTHERS = or_(
    *(
        exists().where(_of_another_call(_OTHER, CALL.c.id), link)
        for link in (
            _OTHER.c.phone == CALL.c.phone,
            _OTHER.c.customer_id == CALL.c.customer_id,
            _OTHER.c.kept_by == CALL.c.id,
        )
    )
)
_COLUMNS = ("id", "phone", "customer_id", "outcome", "started_at", "answered_at", "ended_at")
# One statement tells a call that owes nothing and keeps nothing from the few that do.
_CALL_WITH_PROMISES = (
    select(*(CALL.c[name] for name in _COLUMNS), CUSTOMER.c.owner_id)
    .add_columns(_OWN.c.id.label("promise_id"), _OWN.c.closed_by, _OWN.c.arranged_by)
    .add_columns(_CONCERNS_OTHERS.label("concerns_others"))
    .select_from(CALL)
    .outerjoin(CUSTOMER, CUSTOMER.c.id == CALL.c.customer_id)
    .outerjoin(_OWN, _OWN.c.call_id == CALL.c.id)
    .where(CALL.c.id == bindparam("call"))
)
