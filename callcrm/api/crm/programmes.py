"""Endpoints of loyalty programmes: listed, made, changed."""

from typing import Annotated, Any

from pydantic import Field, ValidationError, ValidationInfo, WrapValidator
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import create
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Line
from callcrm.api.http.problems import of_fields
from callcrm.crm.loyalty import parameters, programmes
from callcrm.crm.loyalty.objects import Programme, programme
from callcrm.crm.loyalty.parameters import Parameters
from callcrm.models import Role
from callcrm.models.crm.loyalty import Programme as ProgrammeRow
from callcrm.models.crm.loyalty import ProgrammeKind
from callcrm.views.objects.shapes import Listing

endpoints = Endpoints("loyalty")


def _of_kind(value: object, _handler: object, validation: ValidationInfo) -> Parameters:
    """The parameters, held against those of the kind; of an unknown kind that is fault enough."""
    kind = validation.data.get("kind")
    if kind is None:
        raise ValueError("need a kind")
    return parameters.parse(kind, value)


ParametersOfKind = Annotated[Parameters, WrapValidator(_of_kind)]


class ProgrammeQuery(PageQuery):
    """Filters of a list of programmes."""

    active: bool | None = None


@endpoints.get("/programmes")
async def list_programmes(context: ApiContext, query: ProgrammeQuery) -> Listing[Programme]:
    """Loyalty programmes, newest first."""

    def verb(session: Session) -> Listing[Programme]:
        rows = programmes.find(session, active=query.active, after=query.after, limit=query.limit + 1)
        page, following = cut_page(rows, query.limit, lambda row: Cursor(row.created_at, row.id))
        return Listing[Programme](items=[programme(row) for row in page], next=following)

    return await context.read(verb)


class ProgrammeIn(Body):
    """A new programme."""

    name: Line = Field(max_length=programmes.LONGEST_NAME, description="What it is called.")
    kind: ProgrammeKind
    parameters: ParametersOfKind = Field(description="Those of the kind.")
    active: bool = True


@endpoints.post("/programmes", answers=Programme, status=201, role=Role.SUPERVISOR, idempotent=True)
async def add_programme(context: ApiContext, body: ProgrammeIn) -> Response:
    """A new loyalty programme."""

    def verb(session: Session) -> Programme:
        row = programmes.create(
            session,
            name=body.name,
            kind=body.kind,
            parameters=body.parameters,
            active=body.active,
            by=context.actor,
            now=context.now,
        )
        return programme(row)

    return await create(context, body, verb)


@endpoints.get("/programmes/{id}")
async def get_programme(context: ApiContext) -> Programme:
    """A loyalty programme."""
    return await context.read(lambda session: programme(programmes.get(session, context.id)))


class ProgrammePatch(Body):
    """What changes of a programme; `parameters` take the place of all there were."""

    name: Line = Field(default="", max_length=programmes.LONGEST_NAME, description="What it is called.")
    kind: ProgrammeKind = ProgrammeKind.EVERY_NTH
    parameters: dict[str, Any] = Field(default={}, description="Those of the kind.")
    active: bool = True

    def changes(self, row: ProgrammeRow) -> dict[str, Any]:
        """The fields that were sent, parsed for the kind that the programme then has."""
        changes = self.model_dump(exclude_unset=True)
        if {"kind", "parameters"} & changes.keys():
            stored = changes.get("parameters", row.parameters)
            changes["parameters"] = _parsed(changes.get("kind", row.kind), stored)
        return changes


def _parsed(kind: str, stored: dict[str, Any]) -> Parameters:
    try:
        return parameters.parse(kind, stored)
    except ValidationError as fault:
        raise of_fields(422, fault, "parameters") from None


@endpoints.patch("/programmes/{id}", role=Role.SUPERVISOR)
async def patch_programme(context: ApiContext, body: ProgrammePatch) -> Programme:
    """A loyalty programme, changed. Its kind and product stand once something was redeemed."""

    def verb(session: Session) -> Programme:
        present = programmes.lock(session, context.id)
        context.check_version(present, lambda: programme(present))
        return programme(programmes.update(session, context.id, body.changes(present)))

    return await context.write(verb)
