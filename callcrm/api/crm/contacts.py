"""Endpoints of contacts."""

from typing import Annotated, cast

from pydantic import AfterValidator, Field, StringConstraints
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import create
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import STORABLE, Body, Code, Ident, Moment
from callcrm.base.text import is_storable
from callcrm.crm.contacts import contacts
from callcrm.crm.contacts.objects import Contact, objects
from callcrm.crm.subjects import subjects
from callcrm.customers import customers
from callcrm.models import Direction
from callcrm.models.crm import contact
from callcrm.models.crm.contact import ContactKind
from callcrm.views.objects.shapes import Listing

endpoints = Endpoints("contacts")


def _storable(text: str) -> str:
    if not is_storable(text):
        raise ValueError("must not hold a NUL or half a surrogate pair")
    return text


Words = Annotated[
    str, StringConstraints(max_length=contacts.LONGEST_BODY), STORABLE, AfterValidator(_storable)
]


class ContactQuery(PageQuery):
    """Filters of a list of contacts."""

    customer: str | None = Field(default=None, description="A customer's id.")
    kind: ContactKind | None = None
    subject: str | None = Field(default=None, description="A subject, or what it is part of.")
    since: Moment | None = Field(default=None, description="At or after this time.")
    until: Moment | None = Field(default=None, description="Before this time.")


@endpoints.get("/contacts")
async def list_contacts(context: ApiContext, query: ContactQuery) -> Listing[Contact]:
    """Contacts logged by hand, newest first."""

    def verb(session: Session) -> Listing[Contact]:
        wanted = query.model_dump(exclude={"limit", "cursor", "subject"})
        about = subjects.tree(session).with_parts(query.subject) if query.subject else None
        rows = contacts.find(session, **wanted, subjects_of=about, after=query.after, limit=query.limit + 1)
        page, following = cut_page(rows, query.limit, _cursor)
        return Listing[Contact](items=objects(session, page), next=following)

    return await context.read(verb)


def _cursor(row: contact.Contact) -> Cursor:
    return Cursor(row.at, row.id)


@endpoints.get("/contacts/{id}")
async def get_contact(context: ApiContext) -> Contact:
    """A contact."""
    return await context.read(lambda session: objects(session, [contacts.get(session, context.id)])[0])


class ContactIn(Body):
    """A contact with a customer."""

    kind: ContactKind
    direction: Direction = Direction.INBOUND
    body: Words = ""
    subject: Code | None = Field(default=None, description="The code of a subject of the tree.")
    at: Moment | None = Field(default=None, description="When it was; now if it is not said.")
    promise: Ident | None = Field(default=None, description="An open promise to them that it kept.")


@endpoints.post("/customers/{id}/contacts", answers=Contact, status=201, idempotent=True)
async def add_contact(context: ApiContext, body: ContactIn) -> Response:
    """A contact, logged."""

    def verb(session: Session) -> Contact:
        customer = customers.get(session, context.id)
        fields: contacts.Fields = {
            "kind": body.kind,
            "direction": body.direction,
            "body": body.body,
            "subject": body.subject,
            "at": body.at or context.now,
        }
        by, now = context.principal.user_id, context.now
        row = contacts.log(session, customer.id, fields, by=by, now=now, keeps=body.promise)
        return objects(session, [row])[0]

    return await create(context, body, verb)


class ContactPatch(Body):
    """What is to be changed of a contact; a field left out stays as it is."""

    kind: ContactKind = ContactKind.VISIT
    direction: Direction = Direction.INBOUND
    body: Words = ""
    subject: Code | None = None
    at: Moment | None = Field(default=None, description="null leaves it as it is.")


@endpoints.patch("/contacts/{id}")
async def patch_contact(context: ApiContext, body: ContactPatch) -> Contact:
    """A contact, changed."""

    def verb(session: Session) -> Contact:
        present = contacts.lock(session, context.id)
        context.check_version(present, lambda: objects(session, [present])[0])
        sent = body.model_dump(exclude_unset=True)
        if body.at is None:
            sent.pop("at", None)
        fields = cast("contacts.Fields", sent)
        return objects(session, [contacts.change(session, present, fields, context.now)])[0]

    return await context.write(verb)
