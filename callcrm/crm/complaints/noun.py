"""How complaints join calls, customers and everything read of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete
from sqlmodel import Session, col, select

from callcrm.base.text import bidi_isolate
from callcrm.calls import search
from callcrm.crm.complaints import calls_back, complaints, find, lessons, objects, sample, texts
from callcrm.crm.complaints.form_fields import FORM_FIELDS
from callcrm.crm.complaints.visible import is_hidden, visible
from callcrm.crm.noun import (
    CallAction,
    CustomerField,
    HistoryEntry,
    HistoryKind,
    Hit,
    Measure,
    Module,
    Noun,
    NounPage,
    Part,
    Reader,
    SearchKind,
    source,
)
from callcrm.crm.tables import export_of, in_period
from callcrm.models import Promise, Role, User
from callcrm.models.crm.complaint import About, Complaint, ComplaintAction, ComplaintFile
from callcrm.store.search import lookup, query

BESIDE = 3  # open complaints beside a call
MODULE = Module(
    name="complaints",
    title=lambda locale: locale._("Complaints"),
    uses=lambda locale: locale._(
        "The list of complaints, the card beside a call, who is rung first, and the public form."
    ),
)


def _names(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    wanted = {key for key in ids if key}
    rows = select(User.id, User.name).where(col(User.id).in_(wanted))
    return dict(session.exec(rows).all()) if wanted else {}


def history_objects(
    session: Session, reader: Reader, rows: Sequence[Complaint]
) -> Sequence[objects.Complaint]:
    """Complaints as the API answers with them."""
    return objects.objects(session, rows, reader.hours, reader.now)


def entries(session: Session, reader: Reader, rows: Sequence[Complaint]) -> list[HistoryEntry]:
    """Complaints on a timeline: stage, who handles each, and what was said."""
    names = _names(session, (user for row in rows for user in (row.owner_id, row.staff_id)))
    calls = search.calls_by_id(session, {row.call_id for row in rows if row.call_id})
    locale = reader.locale
    return [
        HistoryEntry(
            line=texts.line(locale, row, names.get(row.staff_id or "", "")),
            facts=[
                texts.stage(locale, row.stage),
                bidi_isolate(names.get(row.owner_id or "", "")) or locale._("nobody’s yet"),
            ],
            quote=row.body,
            call=calls.get(row.call_id or ""),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class OpenComplaint:
    """An open complaint beside a call: what it is about, how far it is, who handles it, and what was promised
    next.
    """

    complaint: Complaint
    subject: str
    stage: str
    owner: str
    promise: Promise | None


@dataclass(frozen=True, slots=True)
class BesideACall:
    """What is shown beside a call: the customer's open complaints, and what others' complaints taught us of
    what they bought.
    """

    complaints: Sequence[OpenComplaint]
    lessons: Sequence[Complaint]


def beside_a_call(session: Session, reader: Reader, customer_id: str) -> BesideACall | None:
    """The part of the card beside a call, and of the customer's page."""
    open_rows = complaints.open_of_customer(session, customer_id, reader.user, BESIDE)
    learnt = lessons.for_customer(session, reader.user, customer_id)
    if not open_rows and not learnt:
        return None
    names = _names(session, (user for row in open_rows for user in (row.owner_id, row.staff_id)))
    calls = calls_back.of_complaints(session, [row.id for row in open_rows], reader)
    return BesideACall(
        [
            OpenComplaint(
                row,
                texts.subject(reader.locale, row, names.get(row.staff_id or "", "")),
                texts.stage(reader.locale, row.stage),
                names.get(row.owner_id or "", ""),
                calls_back.next_open(calls[row.id]),
            )
            for row in open_rows
        ],
        learnt,
    )


def open_complaints(session: Session, reader: Reader, customers: Sequence[str]) -> Mapping[str, object]:
    """By customer: how many open complaints this reader may know of."""
    return find.open_counts(session, reader.user, customers)


def hits(session: Session, reader: Reader, q: str, limit: int) -> list[Hit]:
    """Complaints with all these words, newest first."""
    rows: Sequence[Complaint] = lookup.page(
        session,
        "complaint",
        query.parse(q, ""),
        select(Complaint).where(visible(reader.user)),
        (Complaint.created_at, Complaint.id),
        after=None,
        limit=limit,
    )
    names = _names(session, (row.staff_id for row in rows))
    return [
        Hit(
            texts.line(reader.locale, row, names.get(row.staff_id or "", "")),
            f"/complaints/{row.id}",
            at=row.opened_at,
        )
        for row in rows
    ]


def erase(session: Session, customer_id: str) -> int:
    """Deletes the customer's complaints, with who did what and with their files: their bytes go with the
    next sweep of the storage. Returns how many complaints.
    """
    theirs = select(Complaint.id).where(Complaint.customer_id == customer_id)
    for table in (ComplaintFile, ComplaintAction):
        session.exec(delete(table).where(col(table.complaint_id).in_(theirs)))
    return session.exec(delete(Complaint).where(col(Complaint.customer_id) == customer_id)).rowcount


def _opened(since: datetime, until: datetime, *conditions: ColumnElement[bool]) -> Select[Any]:
    period = (col(Complaint.opened_at) >= since, col(Complaint.opened_at) < until)
    return select(Complaint).where(*period, *conditions)


def about_products(since: datetime, until: datetime) -> Select[Any]:
    """Complaints of a period about products."""
    return _opened(since, until, col(Complaint.about) == About.PRODUCT)


def about_staff(since: datetime, until: datetime) -> Select[Any]:
    """Complaints of a period about somebody who works here."""
    return _opened(since, until, col(Complaint.staff_id).is_not(None))


COLUMNS = (
    *("id", "customer_id", "name", "phone", "about", "product", "staff_id", "call_id", "second", "body"),
    *("stage", "owner_id", "offer", "resolution", "root_cause", "lesson", "opened_at", "due_at", "closed_at"),
)


COMPLAINTS = Noun(
    name="complaint",
    form_fields=FORM_FIELDS,
    tables=(Complaint, ComplaintFile, ComplaintAction),
    module=MODULE,
    history=(
        HistoryKind(
            name="complaint",
            title=lambda locale: locale._("Complaints"),
            source=source(Complaint, Complaint.opened_at),
            visible=visible,
            objects_for=history_objects,
            entries=entries,
        ),
    ),
    pop=Part("complaints/_beside_call.html", beside_a_call),
    customer_page=Part("complaints/_of_customer.html", beside_a_call),
    call_actions=(CallAction("/complaints/new", lambda locale: locale._("Complaint"), "warn"),),
    pages=(NounPage("/complaints", lambda locale: locale._("Complaints"), count="/complaints/late"),),
    settings=(NounPage("/settings/complaints", lambda locale: locale._("Complaints"), Role.SUPERVISOR),),
    measures=(
        Measure(
            key="complaints_by_product",
            name=lambda locale: locale._("complaints about products"),
            numerator=about_products,
            visible=visible,
        ),
        Measure(
            key="complaints_by_staff",
            name=lambda locale: locale._("complaints about people"),
            numerator=about_staff,
            visible=visible,
        ),
        Measure(
            key="complaint_resolution_time",
            name=lambda locale: locale._("business seconds to close a complaint"),
            numerator=in_period(Complaint, Complaint.closed_at),
            summed=Complaint.resolution_seconds,
            visible=visible,
        ),
    ),
    customer_fields=(CustomerField("open_complaints", open_complaints, find.complained_of),),
    search=SearchKind(name="complaint", title=lambda locale: locale._("Complaints"), find=hits),
    export=export_of(
        Complaint,
        Complaint.opened_at,
        COLUMNS,
        shows=lambda user, complaint: not is_hidden(complaint, user),
    ),
    erase=erase,
    sample=sample.sample,
)
