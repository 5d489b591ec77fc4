"""How contacts join the customers and everything read of them."""

from collections.abc import Sequence

from sqlmodel import Session, col, delete, select

from callcrm.base.text import bidi_isolate
from callcrm.crm.contacts import contacts, objects, sample, texts
from callcrm.crm.contacts.form_fields import FORM_FIELDS
from callcrm.crm.noun import (
    CallAction,
    HistoryEntry,
    HistoryKind,
    Hit,
    Measure,
    Module,
    Noun,
    NounPage,
    Reader,
    SearchKind,
    source,
)
from callcrm.crm.subjects import subjects
from callcrm.crm.tables import export_of, in_period
from callcrm.models import User
from callcrm.models.crm.contact import Contact

COLUMNS = ("id", "customer_id", "kind", "direction", "subject", "body", "at", "created_by", "created_at")


def entries(session: Session, reader: Reader, rows: Sequence[Contact]) -> list[HistoryEntry]:
    """Contacts on a timeline: what it was about, and who wrote it down."""
    authors = {row.created_by for row in rows if row.created_by}
    names = (
        dict(session.exec(select(User.id, User.name).where(col(User.id).in_(authors))).all())
        if authors
        else {}
    )
    tree = subjects.tree(session) if any(row.subject for row in rows) else None
    return [_entry(reader, row, names.get(row.created_by or "", ""), tree) for row in rows]


def _entry(reader: Reader, row: Contact, author: str, tree: subjects.Tree | None) -> HistoryEntry:
    subject = bidi_isolate(tree.name(row.subject)) if tree else ""
    logged = reader.locale._("written down by %(name)s", name=bidi_isolate(author)) if author else ""
    return HistoryEntry(
        line=texts.line(reader.locale, row),
        facts=[fact for fact in (subject, logged) if fact],
        quote=row.body,
        ours=True,
    )


def find(session: Session, reader: Reader, q: str, limit: int) -> list[Hit]:
    """Contacts whose text has every one of these words, those logged last first."""
    return [
        Hit(texts.line(reader.locale, row), f"/contacts/{row.id}", matched=row.body, at=row.at)
        for row in contacts.with_words(session, q, limit)
    ]


def erase(session: Session, customer_id: str) -> int:
    """Remove a customer's contacts."""
    return session.exec(delete(Contact).where(col(Contact.customer_id) == customer_id)).rowcount


CONTACTS = Noun(
    name="contact",
    form_fields=FORM_FIELDS,
    module=Module(
        name="contacts",
        title=lambda locale: locale._("Contacts by hand"),
        uses=lambda locale: locale._(
            "Visits, letters, e-mails and calls on other phones stand in the customer’s history and in the "
            "figures of subjects."
        ),
    ),
    tables=(Contact,),
    history=(
        HistoryKind(
            name="contact",
            title=lambda locale: locale._("Contacts by hand"),
            source=source(Contact, Contact.at),
            objects=objects.objects,
            entries=entries,
        ),
    ),
    call_actions=(CallAction("/contacts/new", lambda locale: locale._("Log a contact"), "plus"),),
    pages=(NounPage("/contacts", lambda locale: locale._("Contacts")),),
    measures=(
        Measure(
            key="contacts_by_hand",
            name=lambda locale: locale._("contacts logged by hand"),
            numerator=in_period(Contact, Contact.at),
        ),
    ),
    search=SearchKind(name="contact", title=lambda locale: locale._("Contacts"), find=find),
    export=export_of(Contact, Contact.at, COLUMNS),
    erase=erase,
    sample=sample.sample,
)
