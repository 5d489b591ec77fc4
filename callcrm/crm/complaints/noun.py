"""How complaints join calls, customers and everything read of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from callcrm.base.text import bidi_isolate
from callcrm.calls import search
from callcrm.crm.complaints import find, objects, texts
from callcrm.crm.complaints.visible import is_hidden, visible
from callcrm.crm.noun import (
    CustomerField,
    Export,
    HistoryEntry,
    HistoryKind,
    Hit,
    Module,
    Noun,
    Reader,
    SearchKind,
    source,
)
from callcrm.models import User
from callcrm.models.crm.complaint import Complaint, ComplaintAction, ComplaintFile
from callcrm.store.search import lookup, query

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


COLUMNS = (
    *("id", "customer_id", "name", "phone", "about", "product", "staff_id", "call_id", "second", "body"),
    *("stage", "owner_id", "offer", "resolution", "root_cause", "lesson", "opened_at", "due_at", "closed_at"),
)


def _row(complaint: Any) -> dict[str, object]:
    return {name: getattr(complaint, name) for name in COLUMNS}


COMPLAINTS = Noun(
    name="complaint",
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
    customer_fields=(CustomerField("open_complaints", open_complaints, find.complained_of),),
    search=SearchKind(name="complaint", title=lambda locale: locale._("Complaints"), find=hits),
    export=Export(
        columns=COLUMNS,
        rows=lambda session: session.exec(
            select(Complaint).order_by(col(Complaint.opened_at), col(Complaint.id))
        ),
        row=_row,
        shows=lambda user, complaint: not is_hidden(complaint, user.user_id),
    ),
    erase=erase,
)
