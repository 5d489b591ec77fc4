"""Faults of ours towards customers, for whom a reward is suggested until somebody has dealt with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_
from sqlmodel import Session, col, select

from callcrm.agents.principal import Principal
from callcrm.base.errors import Refused
from callcrm.base.ids import new_id
from callcrm.base.text import bidi_isolate, one_line
from callcrm.crm.noun import Reader
from callcrm.crm.promises.texts import what_is_owed
from callcrm.customers import customers
from callcrm.models import SHOWN_PROMISE, Promise, PromiseKind, PromiseState
from callcrm.models.crm.loyalty import Goodwill, GoodwillState

REMEMBERED = timedelta(days=90)  # older faults are not brought up again
LOOKED_AT = 400  # of the newest faults, of which a list shows each customer once
LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of ours: whose, when it was one, and what it was in a sentence."""

    customer_id: str
    at: datetime
    text: str


def of_customer(session: Session, reader: Reader, customer_id: str) -> Fault | None:
    """The customer's latest fault of ours that nobody has dealt with."""
    row = session.exec(_broken(reader).where(Promise.customer_id == customer_id).limit(1)).first()
    return _of_promise(reader, row) if row else None


def newest(session: Session, reader: Reader, limit: int) -> list[Fault]:
    """The latest fault of each customer for whom nobody has dealt with it, the newest first."""
    rows = session.exec(_broken(reader).where(col(Promise.customer_id).is_not(None)).limit(LOOKED_AT)).all()
    latest: dict[str, Promise] = {}
    for row in rows:
        latest.setdefault(row.customer_id or "", row)
    return [_of_promise(reader, row) for row in list(latest.values())[:limit]]


def deal_with(
    session: Session, customer_id: str, state: GoodwillState, note: str, *, by: str, now: datetime
) -> Goodwill:
    """Marks all faults towards the customer so far: something was given (`note` says what), or set aside."""
    customers.lock(session, customer_id)
    text = one_line(note)
    if len(text) > LONGEST_NOTE:
        raise Refused("Say it in fewer words.", field="note")
    row = Goodwill(
        id=new_id("gdw", now), customer_id=customer_id, state=state, note=text, by=by, at=now
    )
    session.add(row)
    session.flush()
    return row


def _broken(reader: Reader) -> Select[tuple[Promise]]:
    """Promises that somebody waited for longer than was promised: not yet kept, or kept late. A missed call
    that was rung back late was promised by nobody.
    """
    late = or_(
        and_(col(Promise.state) == PromiseState.OPEN, col(Promise.due_at) < reader.now),
        and_(col(Promise.state) == PromiseState.KEPT, col(Promise.closed_at) > col(Promise.due_at)),
    )
    promised = and_(SHOWN_PROMISE, col(Promise.kind) != PromiseKind.MISSED, _visible(reader.user))
    since = col(Promise.due_at) > reader.now - REMEMBERED
    until = col(Promise.due_at) < reader.now
    dealt_with = exists().where(
        col(Goodwill.customer_id) == col(Promise.customer_id), col(Goodwill.at) >= col(Promise.due_at)
    )
    rows = select(Promise).where(late, promised, since, until, ~dealt_with)
    return rows.order_by(col(Promise.due_at).desc(), col(Promise.id).desc())


def _visible(user: Principal) -> ColumnElement[bool]:
    """Whoever is complained of learns nothing of it here either."""
    return or_(col(Promise.hidden_from).is_(None), col(Promise.hidden_from) != (user.user_id or ""))


def _of_promise(reader: Reader, row: Promise) -> Fault:
    locale, what = reader.locale, bidi_isolate(what_is_owed(reader.locale, row))
    due = locale.when(row.due_at)
    if row.state == PromiseState.OPEN:
        text = locale._("We promised it by %(time)s, and it is not kept yet: %(what)s", time=due, what=what)
    else:
        late = locale.span((row.closed_at - row.due_at).total_seconds() if row.closed_at else 0)
        text = locale._(
            "We kept a promise %(late)s late (%(time)s): %(what)s", late=late, time=due, what=what
        )
    return Fault(row.customer_id or "", row.due_at, text)
