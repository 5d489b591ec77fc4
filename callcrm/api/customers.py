"""Endpoints of customers: listed, fetched, created, changed."""

from functools import partial
from typing import cast

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import create
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Language, Line, Text
from callcrm.customers import customers
from callcrm.customers.customers import Changes
from callcrm.models import Customer
from callcrm.views.objects import render, shapes

endpoints = Endpoints()


class CustomerQuery(PageQuery):
    """Filters of a list of customers."""

    phone: str | None = Field(
        default=None, max_length=255, description="A number, or several, in any spelling."
    )
    q: str | None = Field(default=None, max_length=200, description="Words of a name, digits of a number.")


@endpoints.get("/customers")
async def list_customers(context: ApiContext, query: CustomerQuery) -> shapes.Listing[shapes.Customer]:
    """Customers, newest first."""
    region = context.services.runtime.settings.default_region

    def verb(session: Session) -> shapes.Listing[shapes.Customer]:
        rows = customers.find(
            session, phone=query.phone, q=query.q, region=region, after=query.after, limit=query.limit + 1
        )
        page, following = cut_page(rows, query.limit, _cursor)
        items = render.customers(session, context.reader, context.seams, page)
        return shapes.Listing[shapes.Customer](items=items, next=following)

    return await context.read(verb)


def _object(context: ApiContext, session: Session, row: Customer) -> shapes.Customer:
    return render.customer(session, context.reader, context.seams, row)


def _cursor(row: Customer) -> Cursor:
    return Cursor(row.created_at, row.id)


class CustomerPatch(Body):
    """What can be changed of a customer; a field left out stays as it is."""

    name: Line = Field(default="", description="How they are called.")
    phones: list[Line] = Field(default=[], max_length=50, description="Their numbers, in any spelling.")
    language: Language | None = Field(default=None, description="A code such as en or fa.")
    tier: Text | None = Field(default=None, max_length=customers.LONGEST_TIER)

    def changes(self) -> Changes:
        """The fields that were sent."""
        return cast("Changes", self.model_dump(exclude_unset=True))


class CustomerIn(CustomerPatch):
    """A new customer."""

    name: Line = Field(description="How they are called.")


@endpoints.post("/customers", answers=shapes.Customer, status=201, idempotent=True)
async def add_customer(context: ApiContext, body: CustomerIn) -> Response:
    """A new customer, with the earlier calls from their numbers."""
    runtime = context.services.runtime

    def verb(session: Session) -> shapes.Customer:
        row = customers.create(
            session,
            body.changes(),
            region=runtime.settings.default_region,
            own=runtime.own_numbers,
            now=context.now,
        )
        return _object(context, session, row)

    return await create(context, body, verb)


@endpoints.get("/customers/{id}")
async def get_customer(context: ApiContext) -> shapes.Customer:
    """A customer."""
    return await context.read(lambda session: _object(context, session, customers.get(session, context.id)))


@endpoints.patch("/customers/{id}")
async def patch_customer(context: ApiContext, body: CustomerPatch) -> shapes.Customer:
    """A customer, changed."""
    runtime = context.services.runtime

    def verb(session: Session) -> shapes.Customer:
        present = customers.lock(session, context.id)
        context.check_version(present, partial(_object, context, session, present))
        row = customers.update(
            session,
            context.id,
            body.changes(),
            region=runtime.settings.default_region,
            own=runtime.own_numbers,
            now=context.now,
        )
        return _object(context, session, row)

    return await context.write(verb)
