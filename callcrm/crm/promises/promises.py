"""Promises: given by a user, assigned, closed by hand, and listed."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, tuple_, update
from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import new_id
from callcrm.base.text import one_line
from callcrm.base.words import search_text
from callcrm.crm.promises import callers
from callcrm.live.announce import announce
from callcrm.live.call_updates import call_updated
from callcrm.live.kinds import LiveKind
from callcrm.models import Call, Promise, PromiseKind, PromiseState, User, shown_to
from callcrm.models.conventions import table_of
from callcrm.models.versions import locked, with_version

PROMISE = table_of(Promise)
LONGEST_TEXT = 500
# Further off is a slip of the pen; at its ends the calendar has times that other zones and calendars lack.
LONGEST_TERM = timedelta(days=10 * 366)


def give(
    session: Session,
    *,
    customer_id: str | None,
    phone: str | None,
    owner_id: str | None,
    due_at: datetime,
    now: datetime,
    what: str | None = None,
    created_by: str | None = None,
    kind: PromiseKind = PromiseKind.PROMISED,
    about: tuple[str, str] | None = None,
    hidden_from: str | None = None,
) -> Promise:
    """Creates a promise to a customer or a number, given by a user, due by this time.

    `about` is the kind and the id of what it follows from, `hidden_from` a user for whom it does not exist.
    Refused for a time that is past, or further off than LONGEST_TERM.
    """
    _check_due(due_at, now)
    promise = Promise(
        id=new_id("prm", now),
        kind=kind,
        customer_id=customer_id,
        phone=phone,
        owner_id=owner_id,
        what=what,
        about_kind=about[0] if about else None,
        about_id=about[1] if about else None,
        hidden_from=hidden_from,
        search_text=search_text(what or ""),
        created_by=created_by,
        due_at=due_at,
        created_at=now,
    )
    session.add(promise)
    return _saved(session, promise)


def give_on_call(
    session: Session, call: Call, *, owner_id: str, what: str, due_at: datetime, now: datetime
) -> Promise:
    """Creates a promise to the call's other party, given and owned by the user `owner_id`.

    Refused for a text that is empty or longer than LONGEST_TEXT.
    """
    text = one_line(what) if len(what) <= LONGEST_TEXT else what
    if len(text) > LONGEST_TEXT:
        raise Refused("Say it in fewer words; the rest can stand in a note.", field="what")
    if not text:
        raise Refused("Say what was promised.", field="what")
    promise = give(
        session,
        customer_id=call.customer_id,
        phone=call.phone,
        owner_id=owner_id,
        due_at=due_at,
        now=now,
        what=text,
        created_by=owner_id,
    )
    call_updated(session, call)
    return promise


def get(session: Session, promise_id: str, reader: str | None) -> Promise:
    """The promise of this id, or the one it has become part of; NotFound, also for the user from whom it is
    hidden. `reader` is the user who asks, None a program.
    """
    promise = session.get(Promise, promise_id)
    if promise is not None and promise.part_of is not None:
        promise = session.get(Promise, promise.part_of)
    return _seen(promise, reader)


def lock(session: Session, promise_id: str, reader: str | None) -> Promise:
    """The same as it is now, locked until the commit."""
    promise = locked(session, Promise, promise_id)
    if promise is not None and promise.part_of is not None:
        promise = locked(session, Promise, promise.part_of)
    return _seen(promise, reader)


def _seen(promise: Promise | None, reader: str | None) -> Promise:
    if promise is None or (reader is not None and promise.hidden_from == reader):
        raise NotFound("There is no such promise.")
    return promise


def of_calls(session: Session, call_ids: Collection[str]) -> dict[str, Promise]:
    """By call: the promise to its caller that it made, or that it is part of."""
    if not call_ids:
        return {}
    made = session.exec(select(Promise).where(col(Promise.call_id).in_(call_ids))).all()
    joined = {row.part_of for row in made if row.part_of}
    heads = session.exec(select(Promise).where(col(Promise.id).in_(joined))).all() if joined else ()
    by_id = {head.id: head for head in heads}
    return {row.call_id: by_id.get(row.part_of or "", row) for row in made if row.call_id}


def close(session: Session, promise_id: str, state: PromiseState, *, by: str, now: datetime) -> Promise:
    """Closes the promise as kept or dropped; `by` is the user who decides, and no later call changes it."""
    return _decide(session, promise_id, {"state": state, "closed_at": now}, by=by, now=now)


def reopen(session: Session, promise_id: str, *, by: str, now: datetime) -> Promise:
    """Opens the promise again; `by` is the user who decides, and no call closes it but users alone.

    Another open promise to the same caller becomes part of it.
    """
    return _decide(session, promise_id, {"state": PromiseState.OPEN, "closed_at": None}, by=by, now=now)


def _decide(session: Session, promise_id: str, values: dict[str, Any], *, by: str, now: datetime) -> Promise:
    """Writes a decision into the promise and all that is part of it, and judges the others anew."""
    callers.wait_for(session, [get(session, promise_id, by).caller])
    promise = lock(session, promise_id, by)
    decided = values | {"kept_by": None, "decided_by": by, "decided_at": now}
    if promise.caller is not None:
        decided |= callers.DETACHED  # another promise to the caller may be open
    members = or_(PROMISE.c.id == promise.id, PROMISE.c.part_of == promise.id)
    session.connection().execute(update(PROMISE).where(members).values(with_version(Promise, decided)))
    callers.settle_callers(session, [promise.caller])
    session.expire_all()
    return _saved(session, get(session, promise_id, by))


def arrange(session: Session, promise_id: str, *, owner_id: str | None, due_at: datetime, by: str) -> Promise:
    """The promise with whom somebody of ours (`by`) gave it to, and until when; that stands."""
    promise = lock(session, promise_id, by)
    if owner_id is not None:
        owner = session.get(User, owner_id)
        if promise.hidden_from == owner_id:
            raise Refused("This is about them: somebody else keeps it.", field="owner")
        if owner is None or owner.disabled_at is not None:
            raise Refused("There is no such user.", field="owner")
    if due_at != promise.due_at:
        _check_due(due_at, promise.created_at)
    if owner_id != promise.owner_id:
        promise.assigned_by = by
    promise.owner_id, promise.due_at, promise.arranged_by = owner_id, due_at, by
    return _saved(session, promise)


def _check_due(due_at: datetime, given_at: datetime) -> None:
    if due_at <= given_at:
        raise Refused("A promise can't be due in the past.", field="due_at")
    if due_at > given_at + LONGEST_TERM:
        raise Refused("A promise can't be due so far in the future.", field="due_at")


def _saved(session: Session, promise: Promise) -> Promise:
    session.flush()
    announce(
        session,
        LiveKind.PROMISE_UPDATED,
        promise.id,
        to=[promise.owner_id] if promise.owner_id else [],
        hidden_from=promise.hidden_from,
    )
    return promise


def find(
    session: Session,
    *,
    state: str | None = None,
    owner: str | None = None,
    customer: str | None = None,
    reader: str | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> Sequence[Promise]:
    """At most `limit` promises, as this reader may know of them, newest first."""
    statement = select(Promise).where(shown_to(reader))
    filters = ((Promise.state, state), (Promise.owner_id, owner), (Promise.customer_id, customer))
    for column, value in filters:
        if value is not None:
            statement = statement.where(col(column) == value)
    if after is not None:
        statement = statement.where(tuple_(col(Promise.created_at), col(Promise.id)) < after)
    newest = statement.order_by(col(Promise.created_at).desc(), col(Promise.id).desc())
    return session.exec(newest.limit(limit)).all()
