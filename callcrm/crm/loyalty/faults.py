"""Faults of ours towards customers, for whom a reward is suggested until somebody has dealt with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from textwrap import shorten
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from callcrm.base.errors import Refused
from callcrm.base.ids import new_id
from callcrm.base.text import bidi_isolate, one_line
from callcrm.business import modules
from callcrm.crm.complaints.visible import visible
from callcrm.crm.noun import Reader
from callcrm.crm.promises.texts import what_is_owed
from callcrm.customers import customers
from callcrm.i18n.locale import Locale
from callcrm.models import SHOWN_PROMISE, Promise, PromiseKind, PromiseState
from callcrm.models.crm.complaint import Complaint, Remedy, Stage
from callcrm.models.crm.loyalty import Goodwill, GoodwillState

REMEMBERED = timedelta(days=90)  # older faults are not brought up again
LOOKED_AT = 400  # of the newest faults, of which a list shows each customer once
LONGEST_NOTE = 200
LONGEST_QUOTE = 120  # letters of a complaint
COMPLAINTS = "complaints"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of ours: whose, when it was one, and what it was in a sentence."""

    customer_id: str
    at: datetime
    text: str


def of_customer(session: Session, reader: Reader, customer_id: str) -> Fault | None:
    """The customer's latest fault of ours that nobody has dealt with."""
    broken = _broken(reader).where(col(Promise.customer_id) == customer_id).limit(1)
    apologised = _apologised(session, reader).where(col(Complaint.customer_id) == customer_id).limit(1)
    faults = [_of_promise(reader, row) for row in session.exec(broken)]
    faults += [_of_complaint(reader, row) for row in session.exec(apologised)]
    return max(faults, key=lambda fault: fault.at, default=None)


def newest(session: Session, reader: Reader, limit: int) -> list[Fault]:
    """The latest fault of each customer for whom nobody has dealt with it, the newest first."""
    promises = session.exec(_broken(reader).where(col(Promise.customer_id).is_not(None)).limit(LOOKED_AT))
    complaints = session.exec(
        _apologised(session, reader).where(col(Complaint.customer_id).is_not(None)).limit(LOOKED_AT)
    )
    faults = [_of_promise(reader, row) for row in promises]
    faults += [_of_complaint(reader, row) for row in complaints]
    latest: dict[str, Fault] = {}
    for fault in sorted(faults, key=lambda fault: fault.at, reverse=True):
        latest.setdefault(fault.customer_id, fault)
    return list(latest.values())[:limit]


def deal_with(
    session: Session, customer_id: str, state: GoodwillState, note: str, *, by: str, now: datetime
) -> Goodwill:
    """Marks all faults towards the customer so far: something was given (`note` says what), or set aside."""
    customers.lock(session, customer_id)
    text = one_line(note)
    if len(text) > LONGEST_NOTE:
        raise Refused("Say it in fewer words.", field="note")
    row = Goodwill(id=new_id("gdw", now), customer_id=customer_id, state=state, note=text, by=by, at=now)
    session.add(row)
    session.flush()
    return row


def _broken(reader: Reader) -> SelectOfScalar[Promise]:
    """Promises that somebody waited for longer than was promised: not yet kept, or kept late. A missed call
    that was rung back late was promised by nobody.
    """
    late = or_(
        and_(col(Promise.state) == PromiseState.OPEN, col(Promise.due_at) < reader.now),
        and_(col(Promise.state) == PromiseState.KEPT, col(Promise.closed_at) > col(Promise.due_at)),
    )
    promised = and_(SHOWN_PROMISE, col(Promise.kind) != PromiseKind.MISSED)
    hidden_from = col(Promise.hidden_from)
    shown = or_(hidden_from.is_(None), hidden_from != (reader.user.user_id or ""))
    rows = select(Promise).where(late, promised, shown, *_lately(reader, Promise.due_at))
    rows = rows.where(~_dealt_with(Promise.customer_id, Promise.due_at))
    return rows.order_by(col(Promise.due_at).desc(), col(Promise.id).desc())


def _apologised(session: Session, reader: Reader) -> SelectOfScalar[Complaint]:
    """Complaints that were closed with an apology of ours."""
    closed = and_(col(Complaint.stage) == Stage.CLOSED, col(Complaint.offer) == Remedy.APOLOGY)
    rows = select(Complaint).where(closed, visible(reader.user), *_lately(reader, Complaint.closed_at))
    rows = rows.where(~_dealt_with(Complaint.customer_id, Complaint.closed_at))
    if COMPLAINTS in modules.off(session):
        rows = rows.where(false())
    return rows.order_by(col(Complaint.closed_at).desc(), col(Complaint.id).desc())


def _lately(reader: Reader, at: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(at) > reader.now - REMEMBERED, col(at) < reader.now


def _dealt_with(customer: Any, at: Any) -> ColumnElement[bool]:
    return exists().where(col(Goodwill.customer_id) == col(customer), col(Goodwill.at) >= col(at))


def _of_promise(reader: Reader, row: Promise) -> Fault:
    locale, what = reader.locale, bidi_isolate(what_is_owed(reader.locale, row))
    due = locale.when(row.due_at)
    if row.state == PromiseState.OPEN:
        text = locale._("We promised it by %(time)s, and it is not kept yet: %(what)s", time=due, what=what)
    else:
        late = _span(locale, row.closed_at - row.due_at if row.closed_at else timedelta())
        text = locale._(
            "We kept a promise %(late)s late (%(time)s): %(what)s", late=late, time=due, what=what
        )
    return Fault(row.customer_id or "", row.due_at, text)


def _span(locale: Locale, gap: timedelta) -> str:
    """How long it was late: to the minute within two days, then in days."""
    if gap < timedelta(days=2):
        return locale.span(gap.total_seconds())
    return locale.ngettext("%(n)s day", "%(n)s days", gap.days)


def _of_complaint(reader: Reader, row: Complaint) -> Fault:
    at = row.closed_at or row.opened_at
    what = bidi_isolate(shorten(one_line(row.body), LONGEST_QUOTE, placeholder="…"))
    text = reader.locale._("We apologised on %(date)s: %(what)s", date=reader.locale.date(at), what=what)
    return Fault(row.customer_id or "", at, text)
