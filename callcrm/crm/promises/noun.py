"""How promises join calls, customers, history, search, measures and erasure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_
from sqlmodel import Session, col, delete, select, update

from callcrm.agents.principal import Principal
from callcrm.base.text import bidi_isolate
from callcrm.calls import search
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.noun import (
    Export,
    HistoryEntry,
    HistoryKind,
    Hit,
    Measure,
    Noun,
    Part,
    Reader,
    SearchKind,
    source,
)
from callcrm.crm.promises import objects, sample, settlement, texts
from callcrm.crm.promises.callers import Changed
from callcrm.crm.promises.form_fields import FORM_FIELDS
from callcrm.ledger import event_store
from callcrm.ledger.fold import fold as fold_events
from callcrm.ledger.fold import promise_of
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import (
    SHOWN_PROMISE,
    Call,
    Customer,
    Promise,
    PromiseKind,
    PromiseState,
    User,
    shown_to,
)
from callcrm.store.search import lookup, query

BESIDE_A_CALL, ON_THE_PAGE = 4, 20
OPEN = Promise.state == PromiseState.OPEN


def call_ended(session: Session, _runtime: CallRuntime, call_id: str, now: datetime) -> None:
    """Settles the promise the call made, and those it kept."""
    call = settlement.find_call(session, call_id)
    if call is None:
        _announce(session, settlement.settle_merged(session, call_id))
        return
    kind, phone = _owed(session, call)
    _announce(session, settlement.settle(session, call, kind, phone, now))


def _owed(session: Session, call: settlement.EndedCall) -> tuple[str | None, str | None]:
    """The kind of promise that a call makes, and the number to ring."""
    if not call.has_events:  # a call from elsewhere, of which the carrier told us nothing
        return call.promise_kind, call.promise_phone
    kind = promise_of(call.outcome, call.direction)
    if kind is None and call.promise_id is None and not call.was_asked:
        return None, None  # as of most calls, whose events need not be read for that
    history = fold_events(event_store.facts_of_call(session, call.carrier_sid), call.carrier_sid)
    return kind or history.promise, history.call_back or call.phone


def _announce(session: Session, changed: Iterable[Changed]) -> None:
    """Tell the owners of these promises, and supervisors."""
    for promise_id, owner in changed:
        announce(session, LiveKind.PROMISE_UPDATED, promise_id, to=[owner] if owner else [])


def linked(session: Session, customer_id: str, _now: datetime) -> None:
    """Joins promises that have just found their customer with the customer's others; those without an owner
    go to the customer's own agent.
    """
    owner = select(Customer.owner_id).where(Customer.id == customer_id).scalar_subquery()
    unowned = (
        col(Promise.customer_id) == customer_id,
        col(Promise.owner_id).is_(None),
        or_(col(Promise.hidden_from).is_(None), col(Promise.hidden_from) != owner),
    )
    session.exec(update(Promise).where(*unowned).values(owner_id=owner))
    _announce(session, settlement.settle_customer(session, customer_id))


def shown(user: Principal) -> ColumnElement[bool]:
    """The condition for promises that this user may know of; what is part of another is in no list."""
    return shown_to(user.user_id)


# --- history -------------------------------------------------------------------------------------


def entries(session: Session, reader: Reader, rows: Sequence[Promise]) -> list[HistoryEntry]:
    """History entries of promises: state, owner, and the call that made or kept each."""
    names = _names(session, {user for row in rows for user in (row.owner_id, row.decided_by) if user})
    calls = search.calls_by_id(session, {call for row in rows for call in (row.call_id, row.kept_by) if call})
    return [_entry(reader, row, names, calls) for row in rows]


def _entry(reader: Reader, row: Promise, names: dict[str, str], calls: dict[str, Call]) -> HistoryEntry:
    locale, owner = reader.locale, names.get(row.owner_id or "", "")
    state = texts.state(locale, row, names.get(row.decided_by or "", ""))
    return HistoryEntry(
        line=texts.line(locale, row),
        facts=[state, bidi_isolate(owner) if owner else locale._("nobody’s yet")],
        phone=row.phone,
        call=calls.get(row.call_id or "") or calls.get(row.kept_by or ""),
    )


def _names(session: Session, ids: set[str]) -> dict[str, str]:
    return dict(session.exec(select(User.id, User.name).where(col(User.id).in_(ids))).all()) if ids else {}


# --- beside a call, on the customer's page -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenPromises:
    """A customer's open promises, soonest first; `names` are their owners', by id."""

    promises: Sequence[Promise]
    names: dict[str, str]


def _open_promises(session: Session, reader: Reader, customer_id: str, limit: int) -> OpenPromises | None:
    statement = select(Promise).where(Promise.customer_id == customer_id, OPEN, shown(reader.user))
    rows = session.exec(statement.order_by(col(Promise.due_at), col(Promise.id)).limit(limit)).all()
    return (
        OpenPromises(rows, _names(session, {row.owner_id for row in rows if row.owner_id})) if rows else None
    )


def beside_a_call(session: Session, reader: Reader, customer_id: str) -> OpenPromises | None:
    """The first few due, for the card beside a call."""
    return _open_promises(session, reader, customer_id, BESIDE_A_CALL)


def on_the_page(session: Session, reader: Reader, customer_id: str) -> OpenPromises | None:
    """All open ones, up to a limit, for the customer's page."""
    return _open_promises(session, reader, customer_id, ON_THE_PAGE)


# --- search, measures, export, erasure ----------------------------------------------------------------


def find(session: Session, reader: Reader, q: str, limit: int) -> list[Hit]:
    """Promises whose text has all these words, newest first."""
    rows = lookup.page(
        session,
        "promise",
        query.parse(q, ""),
        select(Promise).where(shown(reader.user)),
        (Promise.created_at, Promise.id),
        after=None,
        limit=limit,
    )
    return [Hit(texts.line(reader.locale, row), _path(row), at=row.created_at) for row in rows]


def _path(row: Promise) -> str:
    return f"/promises?whose=all&state={row.state}#{row.id}"


OWED_A_CALL = col(Promise.kind).in_((PromiseKind.MISSED, PromiseKind.VOICEMAIL, PromiseKind.CALLBACK))


def _due(since: datetime, until: datetime) -> ColumnElement[bool]:
    return SHOWN_PROMISE & OWED_A_CALL & (col(Promise.due_at) >= since) & (col(Promise.due_at) < until)


def calls_back_due(since: datetime, until: datetime) -> Select[Any]:
    """The condition for promises to call back that were due in a period."""
    return select(Promise).where(_due(since, until))


def kept_in_time(since: datetime, until: datetime) -> Select[Any]:
    """The condition for those of them that were kept by then."""
    kept = (col(Promise.state) == PromiseState.KEPT) & (col(Promise.closed_at) <= col(Promise.due_at))
    return select(Promise).where(_due(since, until), kept)


def erase(session: Session, customer_id: str) -> int:
    """Deletes the customer's promises; returns how many."""
    return session.exec(delete(Promise).where(col(Promise.customer_id) == customer_id)).rowcount


COLUMNS = (
    "id",
    "kind",
    "state",
    "customer_id",
    "phone",
    "call_id",
    "owner_id",
    "what",
    "due_at",
    "created_at",
)

PROMISES = Noun(
    name="promise",
    form_fields=FORM_FIELDS,
    tables=(Promise,),
    call_ended=call_ended,
    linked=linked,
    history=(
        HistoryKind(
            name="promise",
            title=lambda locale: locale._("Promises"),
            source=source(Promise, Promise.created_at),
            visible=shown,
            objects=objects.objects,
            entries=entries,
            in_all=col(Promise.call_id).is_(None),  # of the others the call's own entry tells
        ),
    ),
    pop=Part("promises/_beside_call.html", beside_a_call),
    customer_page=Part("promises/_of_customer.html", on_the_page),
    search=SearchKind(name="promise", title=lambda locale: locale._("Promises"), find=find),
    measures=(
        Measure(
            key="callbacks_kept_in_time",
            name=lambda locale: locale._("calls back in time"),
            numerator=kept_in_time,
            denominator=calls_back_due,
            headline=True,
        ),
    ),
    export=Export(
        columns=COLUMNS,
        rows=lambda session: session.exec(
            select(Promise).where(SHOWN_PROMISE).order_by(col(Promise.created_at), col(Promise.id))
        ),
        row=lambda promise: {name: getattr(promise, name) for name in COLUMNS},
        shows=lambda user, promise: user.user_id is None or promise.hidden_from != user.user_id,
    ),
    erase=erase,
    sample=sample.sample,
)
