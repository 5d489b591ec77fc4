"""What we owe callers: derived from how a call ended, kept when somebody gets through, or closed by hand.

A promise a call made is a pure function of the ended calls there are, whatever the order in which
they came to be known; only what somebody of ours decided about it stands for good.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Table,
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
from sqlmodel import Session, col
from sqlmodel import select as select_models

from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import derived_id, new_id
from callcrm.models import Call, CallState, Customer, Outcome, Promise, PromiseKind, PromiseState, User

CALL: Table = Call.__table__  # type: ignore[attr-defined]
CUSTOMER: Table = Customer.__table__  # type: ignore[attr-defined]
PROMISE: Table = Promise.__table__  # type: ignore[attr-defined]
USER: Table = User.__table__  # type: ignore[attr-defined]

OPEN: dict[str, Any] = {"state": PromiseState.OPEN, "closed_at": None, "kept_by": None}
DUE = {
    PromiseKind.MISSED: timedelta(minutes=30),
    PromiseKind.CALLBACK: timedelta(minutes=30),
    PromiseKind.VOICEMAIL: timedelta(minutes=60),
}
NEED_A_NUMBER = (PromiseKind.MISSED, PromiseKind.CALLBACK)
LONGEST_CALL = timedelta(days=1)


def derive(session: Session, call_id: str, kind: str | None, phone: str | None, now: datetime) -> None:
    """What an ended call means for promises: its own (of this kind, or none; `phone` is to be rung), and
    those it kept by getting through. To be called again whenever the call's history changes.
    """
    call = session.connection().execute(_LOOK, {"call": call_id}).first()
    if call is None:
        return
    if kind in NEED_A_NUMBER and phone is None:
        kind = None  # a withheld caller who left no word can't be rung back
    _own(session, call, kind, phone, now)
    if call.concerns_others:
        _others(session, call)


def refresh(session: Session, call_id: str, now: datetime) -> None:
    """Derive a call's promise again, if it made one, since the call's customer has changed."""
    made = select(PROMISE.c.kind, PROMISE.c.phone).where(PROMISE.c.call_id == call_id)
    found = session.connection().execute(made).first()
    if found is not None:
        derive(session, call_id, found.kind, found.phone, now)


def owe(
    session: Session,
    *,
    customer_id: str | None,
    phone: str | None,
    owner_id: str | None,
    due_at: datetime,
    now: datetime,
    what: str | None = None,
    created_by: str | None = None,
) -> Promise:
    """Somebody of ours promised a customer, or a number, something by this time."""
    promise = Promise(
        id=new_id("prm", now),
        kind=PromiseKind.PROMISED,
        customer_id=customer_id,
        phone=phone,
        owner_id=owner_id,
        what=what,
        created_by=created_by,
        due_at=due_at,
        created_at=now,
    )
    session.add(promise)
    session.flush()
    return promise


def promise(session: Session, promise_id: str) -> Promise:
    """The promise of this id."""
    found = session.get(Promise, promise_id)
    if found is None:
        raise NotFound("There is no such promise.")
    return found


def close(session: Session, promise_id: str, state: PromiseState, *, by: str, now: datetime) -> Promise:
    """The promise, closed by somebody of ours (`by`) as kept or dropped; their word stands."""
    promise = _held(session, promise_id)
    promise.state, promise.closed_at, promise.closed_by, promise.kept_by = state, now, by, None
    session.flush()
    return promise


def reopen(session: Session, promise_id: str) -> Promise:
    """The promise as if nobody had closed it: open, unless a call has kept it."""
    promise = _held(session, promise_id)
    fate = OPEN
    if promise.kind != PromiseKind.PROMISED:
        fate = _fate(session, promise.call_id, promise.phone, promise.customer_id, promise.created_at)
    promise.closed_by = None
    for name, value in fate.items():
        setattr(promise, name, value)
    session.flush()
    return promise


def arrange(session: Session, promise_id: str, *, owner_id: str | None, due_at: datetime, by: str) -> Promise:
    """The promise with whom somebody of ours (`by`) gave it to, and until when; that stands."""
    promise = _held(session, promise_id)
    if owner_id is not None:
        owner = session.get(User, owner_id)
        if owner is None or owner.disabled_at is not None:
            raise Refused("There is no such user.", field="owner")
    promise.owner_id, promise.due_at, promise.arranged_by = owner_id, due_at, by
    session.flush()
    return promise


def _held(session: Session, promise_id: str) -> Promise:
    promise = session.get(Promise, promise_id, with_for_update=True)
    if promise is None:
        raise NotFound("There is no such promise.")
    return promise


def find(
    session: Session,
    *,
    state: str | None = None,
    owner: str | None = None,
    customer: str | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> Sequence[Promise]:
    """At most `limit` promises, newest first."""
    statement = select_models(Promise)
    asked = ((Promise.state, state), (Promise.owner_id, owner), (Promise.customer_id, customer))
    for column, value in asked:
        if value is not None:
            statement = statement.where(col(column) == value)
    if after is not None:
        statement = statement.where(tuple_(col(Promise.created_at), col(Promise.id)) < after)
    newest = statement.order_by(col(Promise.created_at).desc(), col(Promise.id).desc())
    return session.exec(newest.limit(limit)).all()


def _own(session: Session, call: Row[Any], kind: str | None, phone: str | None, now: datetime) -> None:
    connection = session.connection()
    mine = PROMISE.c.call_id == call.id
    if call.closed_by is not None:
        connection.execute(update(PROMISE).where(mine).values(customer_id=call.customer_id))
    elif kind is None:
        if call.promise_id is not None:
            connection.execute(delete(PROMISE).where(mine))
    else:
        values = _made_by(session, call, kind, phone, now)
        if call.arranged_by is not None:
            del values["owner_id"], values["due_at"]
        if call.promise_id is not None:
            connection.execute(update(PROMISE).where(mine).values(**values))
        else:
            fresh = {"id": derived_id("prm", call.id), "call_id": call.id}
            connection.execute(insert(PROMISE).values(**fresh, **values))


def _made_by(session: Session, call: Row[Any], kind: str, phone: str | None, now: datetime) -> dict[str, Any]:
    at = call.ended_at or now
    return {
        "kind": kind,
        "phone": phone,
        "customer_id": call.customer_id,
        "owner_id": call.owner_id or _last_agent(session, call),
        "due_at": at + DUE[PromiseKind(kind)],
        "created_at": at,
        **_fate(session, call.id, phone, call.customer_id, at),
    }


def _last_agent(session: Session, call: Row[Any]) -> str | None:
    """Who of ours last spoke with them before this call and is still with us."""
    theirs = _same(CALL, None if call.customer_id else call.phone, call.customer_id)
    spoke = (
        select(CALL.c.agent_id)
        .join(USER, USER.c.id == CALL.c.agent_id)
        .where(theirs, CALL.c.outcome == Outcome.ANSWERED, CALL.c.started_at < call.started_at)
        .where(USER.c.disabled_at.is_(None))
        .order_by(CALL.c.started_at.desc(), CALL.c.id.desc())
    )
    agent: str | None = session.connection().execute(spoke.limit(1)).scalar()
    return agent


def _others(session: Session, call: Row[Any]) -> None:
    """Settle the promises this call keeps, and those it seemed to keep before more was known of it."""
    connection = session.connection()
    # What somebody promised is kept by doing it; what a call left owing, by speaking with them.
    free = and_(
        _not_of(PROMISE, call.id), PROMISE.c.closed_by.is_(None), PROMISE.c.kind != PromiseKind.PROMISED
    )
    mine = PROMISE.c.kept_by == call.id
    keeps: ColumnElement[bool] = false()
    if call.outcome == Outcome.ANSWERED and call.answered_at is not None:
        keeps = and_(_same(PROMISE, call.phone, call.customer_id), PROMISE.c.created_at < call.answered_at)
        later = tuple_(PROMISE.c.closed_at, PROMISE.c.kept_by) > (call.answered_at, call.id)
        settled = update(PROMISE).where(free, keeps, or_(PROMISE.c.state == PromiseState.OPEN, mine, later))
        connection.execute(
            settled.values(state=PromiseState.KEPT, closed_at=call.answered_at, kept_by=call.id)
        )
    for owed in connection.execute(select(PROMISE).where(free, mine, ~func.coalesce(keeps, false()))).all():
        fate = _fate(session, owed.call_id, owed.phone, owed.customer_id, owed.created_at)
        connection.execute(update(PROMISE).where(PROMISE.c.id == owed.id).values(**fate))


def _fate(
    session: Session, call_id: str | None, phone: str | None, customer_id: str | None, since: datetime
) -> dict[str, Any]:
    """Kept by the first call after it in which somebody got through, or open."""
    through = (
        select(CALL.c.id, CALL.c.answered_at)
        .where(
            _same(CALL, phone, customer_id),
            CALL.c.state == CallState.ENDED,
            CALL.c.outcome == Outcome.ANSWERED,
        )
        .where(
            CALL.c.started_at > since - LONGEST_CALL, CALL.c.answered_at > since, CALL.c.id != (call_id or "")
        )
        .order_by(CALL.c.answered_at, CALL.c.id)
    )
    first = session.connection().execute(through.limit(1)).first()
    if first is None:
        return OPEN
    return {"state": PromiseState.KEPT, "closed_at": first.answered_at, "kept_by": first.id}


def _same(table: FromClause, phone: str | None, customer_id: str | None) -> ColumnElement[bool]:
    """Rows of this number or this customer; whoever has neither is the same as nobody."""
    same = [table.c.phone == phone] if phone else []
    same += [table.c.customer_id == customer_id] if customer_id else []
    return or_(false(), *same)


def _not_of(table: FromClause, call_id: Any) -> ColumnElement[bool]:
    return table.c.call_id.is_distinct_from(call_id)


_MINE = PROMISE.alias("mine")
_OTHER = PROMISE.alias("other")
# Three questions, for one with OR in it is answered by PostgreSQL without an index.
_HANGS_ON_IT = or_(
    *(
        exists().where(_not_of(_OTHER, CALL.c.id), hangs)
        for hangs in (
            _OTHER.c.phone == CALL.c.phone,
            _OTHER.c.customer_id == CALL.c.customer_id,
            _OTHER.c.kept_by == CALL.c.id,
        )
    )
)
_COLUMNS = ("id", "phone", "customer_id", "outcome", "started_at", "answered_at", "ended_at")
# One statement tells a call that owes nothing and keeps nothing from the few that do.
_LOOK = (
    select(*(CALL.c[name] for name in _COLUMNS), CUSTOMER.c.owner_id)
    .add_columns(_MINE.c.id.label("promise_id"), _MINE.c.closed_by, _MINE.c.arranged_by)
    .add_columns(_HANGS_ON_IT.label("concerns_others"))
    .select_from(CALL)
    .outerjoin(CUSTOMER, CUSTOMER.c.id == CALL.c.customer_id)
    .outerjoin(_MINE, _MINE.c.call_id == CALL.c.id)
    .where(CALL.c.id == bindparam("call"))
)
