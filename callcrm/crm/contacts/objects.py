"""Contacts as objects of the API."""

from collections.abc import Sequence

from sqlmodel import Session

from callcrm import models
from callcrm.base.objects import Named, Time, VersionedShape
from callcrm.crm.references import named
from callcrm.models import Direction, User
from callcrm.models.crm import contact
from callcrm.models.crm.contact import ContactKind


class Contact(VersionedShape):
    """A contact logged by hand."""

    id: str
    customer: Named
    kind: ContactKind
    direction: Direction
    body: str
    subject: str | None
    at: Time
    author: Named | None
    created_at: Time


def objects(session: Session, rows: Sequence[contact.Contact]) -> list[Contact]:
    """The contacts as objects, in their order."""
    authors = named(session, User, {row.created_by for row in rows if row.created_by})
    customers = named(session, models.Customer, {row.customer_id for row in rows})
    fields = {"id", "kind", "direction", "body", "subject", "at", "created_at", "version"}
    return [
        Contact(
            **row.model_dump(include=fields),
            customer=customers[row.customer_id],
            author=authors.get(row.created_by or ""),
        )
        for row in rows
    ]
