"""Endpoints of incidents."""

from typing import Annotated

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import create
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Ident, Text
from callcrm.crm.conduct import incidents, objects
from callcrm.crm.conduct.incidents import Evidence
from callcrm.crm.conduct.objects import Incident
from callcrm.customers import customers
from callcrm.models.crm.conduct import IncidentKind
from callcrm.views.objects.shapes import Listing

endpoints = Endpoints("conduct")


class IncidentQuery(PageQuery):
    """Filters of a list of incidents."""

    customer: str | None = Field(default=None, description="A customer's id.")
    kind: IncidentKind | None = None


@endpoints.get("/incidents")
async def list_incidents(context: ApiContext, query: IncidentQuery) -> Listing[Incident]:
    """Incidents, newest first."""

    def verb(session: Session) -> Listing[Incident]:
        rows = incidents.page(
            session, query.customer, kind=query.kind, after=query.after, limit=query.limit + 1
        )
        page, following = cut_page(rows, query.limit, lambda row: Cursor(row.created_at, row.id))
        return Listing[Incident](items=objects.incidents(session, page), next=following)

    return await context.read(verb)


@endpoints.get("/incidents/{id}")
async def get_incident(context: ApiContext) -> Incident:
    """An incident."""
    return await context.read(
        lambda session: objects.incidents(session, [incidents.get(session, context.id)])[0]
    )


class IncidentIn(Body):
    """Something a customer did, with the evidence for it."""

    kind: IncidentKind
    call: Ident | None = Field(default=None, description="The call's id.")
    second: float | None = Field(default=None, ge=0, le=86400, description="Of the call's audio.")
    body: Annotated[Text, Field(max_length=incidents.LONGEST_BODY)] = Field(
        default="", description="What happened."
    )


@endpoints.post("/customers/{id}/incidents", answers=Incident, status=201, idempotent=True)
async def file_incident(context: ApiContext, body: IncidentIn) -> Response:
    """An incident with a customer, now."""

    def verb(session: Session) -> Incident:
        customer = customers.get(session, context.id)
        evidence = Evidence(body.call, body.second, body.body)
        row = incidents.file(session, customer.id, body.kind, evidence, by=context.actor, now=context.now)
        return objects.incidents(session, [row])[0]

    return await create(context, body, verb)
