"""Contacts, logged, changed and listed."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import new_id
from callcrm.base.text import clean
from callcrm.base.words import search_text
from callcrm.crm.promises import promises
from callcrm.crm.subjects import subjects
from callcrm.models import Direction, Promise, PromiseState, shown_to
from callcrm.models.crm.contact import Contact, ContactKind
from callcrm.models.versions import locked
from callcrm.store.search import lookup, query

LONGEST_BODY = 20_000
SLACK = timedelta(minutes=5)  # that clocks may differ by
MOST_PROMISES = 10


class Fields(TypedDict, total=False):
    """What is kept of a contact; a field left out is as it was, or as the first of its kind."""

    kind: str
    direction: str
    body: str
    subject: str | None
    at: datetime


def log(
    session: Session,
    customer_id: str,
    fields: Fields,
    *,
    by: str | None,
    now: datetime,
    keeps: str | None = None,
) -> Contact:
    """The contact of a customer. `keeps` is an open promise to them, which `by` says was kept by it."""
    kind = ContactKind(fields.get("kind", ContactKind.VISIT))
    contact = Contact(
        id=new_id("con", now),
        customer_id=customer_id,
        kind=kind,
        direction=Direction.INBOUND,
        at=now,
        created_by=by,
        created_at=now,
    )
    _set(session, contact, {**fields, "kind": kind}, now)
    session.add(contact)
    session.flush()
    if keeps is not None:
        _keep(session, contact, keeps, by, now)
        session.refresh(contact)
    return contact


def change(session: Session, contact: Contact, fields: Fields, now: datetime) -> Contact:
    """The contact, which is locked, changed."""
    _set(session, contact, fields, now)
    session.add(contact)
    session.flush()
    return contact


def _set(session: Session, contact: Contact, fields: Fields, now: datetime) -> None:
    contact.kind = ContactKind(fields.get("kind", contact.kind))
    contact.direction = Direction(fields.get("direction", contact.direction))
    if "body" in fields:
        body = clean(fields["body"]).strip()
        if len(body) > LONGEST_BODY:
            raise Refused("At most %(most)s characters.", field="body", most=LONGEST_BODY)
        contact.body, contact.search_text = body, search_text(body)
    if "subject" in fields:
        contact.subject = subjects.check(session, fields["subject"], contact.subject)
    if "at" in fields:
        if fields["at"] > now + SLACK:
            raise Refused("A contact can't be in the future.", field="at")
        contact.at = fields["at"]


def open_promises(session: Session, customer_id: str, reader: str | None) -> Sequence[Promise]:
    """The customer's open promises that this user may know of, soonest first: those that a contact may have
    kept.
    """
    is_open = col(Promise.state) == PromiseState.OPEN
    open_ = (col(Promise.customer_id) == customer_id, is_open, shown_to(reader))
    soonest = select(Promise).where(*open_).order_by(col(Promise.due_at), col(Promise.id))
    return session.exec(soonest.limit(MOST_PROMISES)).all()


def _keep(session: Session, contact: Contact, promise_id: str, by: str | None, now: datetime) -> None:
    promise = promises.lock(session, promise_id, by)
    if promise.customer_id != contact.customer_id:
        raise Refused("That was promised to somebody else.", field="keeps")
    if by is None:
        raise Refused("Only a person can say that a promise was kept.", field="keeps")
    if promise.state == PromiseState.OPEN:
        promises.close(session, promise.id, PromiseState.KEPT, by=by, now=now)


def get(session: Session, contact_id: str) -> Contact:
    """The contact of this id; NotFound."""
    return _existing(session.get(Contact, contact_id))


def lock(session: Session, contact_id: str) -> Contact:
    """The contact as it is now, locked until the commit; NotFound."""
    return _existing(locked(session, Contact, contact_id))


def _existing(contact: Contact | None) -> Contact:
    if contact is None:
        raise NotFound("There is no such contact.")
    return contact


def find(
    session: Session,
    *,
    customer: str | None = None,
    kind: str | None = None,
    subjects_of: Collection[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> Sequence[Contact]:
    """At most `limit` contacts, newest first; `until` is exclusive."""
    statement = select(Contact)
    for column, value in ((Contact.customer_id, customer), (Contact.kind, kind)):
        if value is not None:
            statement = statement.where(col(column) == value)
    if subjects_of is not None:
        statement = statement.where(col(Contact.subject).in_(subjects_of))
    if since is not None:
        statement = statement.where(col(Contact.at) >= since)
    if until is not None:
        statement = statement.where(col(Contact.at) < until)
    if after is not None:
        statement = statement.where(tuple_(col(Contact.at), col(Contact.id)) < after)
    return session.exec(statement.order_by(col(Contact.at).desc(), col(Contact.id).desc()).limit(limit)).all()


def with_words(session: Session, q: str, limit: int) -> Sequence[Contact]:
    """Contacts whose text has all these words, those logged last first."""
    columns = (Contact.created_at, Contact.id)
    return lookup.page(
        session, "contact", query.parse(q, ""), select(Contact), columns, after=None, limit=limit
    )
