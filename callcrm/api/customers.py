"""Customers: found, made, changed, and everything that ever passed between them and us."""

from typing import cast

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import Ask, answer
from callcrm.api.http.paging import Cursor, PageQuery, cut
from callcrm.api.http.parse import Body, Line, Text
from callcrm.customers import customers
from callcrm.customers.customers import Changes
from callcrm.models import Customer
from callcrm.views.objects import render, shapes


class CustomerQuery(PageQuery):
    """What customers can be asked for by."""

    phone: str | None = Field(default=None, description="A number, in any spelling.")
    q: str | None = Field(default=None, max_length=200, description="Words of a name, digits of a number.")


async def list_customers(ask: Ask) -> Response:
    """Customers, newest first."""
    said = ask.query(CustomerQuery)
    region = ask.services.runtime.settings.default_region

    def verb(session: Session) -> shapes.Listing[shapes.Customer]:
        rows = customers.find(
            session, phone=said.phone, q=said.q, region=region, after=said.after, limit=said.limit + 1
        )
        page, following = cut(rows, said.limit, _cursor)
        return shapes.Listing[shapes.Customer](items=render.customers(session, page), next=following)

    return answer(await ask.read(verb))


def _cursor(row: Customer) -> Cursor:
    return Cursor(row.created_at, row.id)


class CustomerPatch(Body):
    """What can be changed of a customer; a field left out stays as it is."""

    name: Line = Field(default="", description="How they are called.")
    phones: list[Line] = Field(default=[], max_length=50, description="Their numbers, in any spelling.")
    language: Text | None = None
    tier: Text | None = None


class CustomerIn(CustomerPatch):
    """A new customer."""

    name: Line = Field(description="How they are called.")


async def add_customer(ask: Ask) -> Response:
    """The new customer, with the earlier calls from their numbers."""
    said = await ask.body(CustomerIn)
    given, runtime = _changes(said), ask.services.runtime

    def verb(session: Session) -> shapes.Customer:
        row = customers.create(
            session, given, region=runtime.settings.default_region, own=runtime.own_numbers, now=ask.now
        )
        return render.customer(session, row)

    return answer(await ask.write(verb), 201)


async def get_customer(ask: Ask) -> Response:
    """A customer."""
    customer_id = ask.id
    return answer(
        await ask.read(lambda session: render.customer(session, customers.get(session, customer_id)))
    )


async def patch_customer(ask: Ask) -> Response:
    """The customer with what was changed."""
    customer_id, said = ask.id, await ask.body(CustomerPatch)
    changes, runtime = _changes(said), ask.services.runtime

    def verb(session: Session) -> shapes.Customer:
        row = customers.update(
            session,
            customer_id,
            changes,
            region=runtime.settings.default_region,
            own=runtime.own_numbers,
            now=ask.now,
        )
        return render.customer(session, row)

    return answer(await ask.write(verb))


def _changes(said: CustomerPatch) -> Changes:
    return cast("Changes", said.model_dump(exclude_unset=True))
