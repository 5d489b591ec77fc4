"""Endpoints of calls: listed, fetched, changed, and their notes and receipts."""

from dataclasses import replace
from functools import partial
from typing import Literal

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import create
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Code, Ident, Moment, Prose
from callcrm.base.errors import NotFound
from callcrm.base.phones import wanted_numbers
from callcrm.calls import customer_assignment, pops, search
from callcrm.calls.disposition import set_disposition
from callcrm.crm.subjects import subjects
from callcrm.models import Call, CallState, Direction, Outcome
from callcrm.notes import call_notes
from callcrm.views.objects import render, shapes

endpoints = Endpoints()


class CallQuery(PageQuery):
    """Filters of a list of calls."""

    customer: str | None = Field(default=None, description="A customer's id.")
    phone: str | None = Field(
        default=None, max_length=255, description="The other party's number, or several, in any spelling."
    )
    agent: str | None = Field(default=None, description="An agent's id.")
    queue: str | None = None
    subject: str | None = Field(default=None, description="A subject, or what it is part of.")
    direction: Direction | None = None
    outcome: Outcome | None = None
    state: CallState | None = None
    since: Moment | None = Field(default=None, description="Started at or after this time.")
    until: Moment | None = Field(default=None, description="Started before this time.")
    q: str | None = Field(default=None, max_length=200, description="Words in notes, names and numbers.")


@endpoints.get("/calls")
async def list_calls(context: ApiContext, query: CallQuery) -> shapes.Listing[shapes.Call]:
    """Calls, newest first."""
    region = context.services.runtime.settings.default_region
    phones = wanted_numbers(query.phone, region) if query.phone else None
    if phones == []:
        return shapes.Listing[shapes.Call](items=[])
    wanted = search.CallQuery(
        **query.model_dump(exclude={"limit", "cursor", "phone", "subject"}), phones=phones
    )

    def verb(session: Session) -> shapes.Listing[shapes.Call]:
        about = subjects.tree(session).with_parts(query.subject) if query.subject else None
        filters = replace(wanted, subjects=about)
        rows = search.calls(session, filters, region=region, after=query.after, limit=query.limit + 1)
        page, following = cut_page(rows, query.limit, _cursor)
        return shapes.Listing[shapes.Call](items=render.calls(session, page), next=following)

    return await context.read(verb)


def _cursor(row: Call) -> Cursor:
    return Cursor(row.started_at, row.id)


@endpoints.get("/calls/{id}")
async def get_call(context: ApiContext) -> shapes.CallDetail:
    """A call with its whole story, by our id or the carrier's SID."""

    def verb(session: Session) -> shapes.CallDetail:
        return render.call_detail(session, search.call(session, context.id), context.principal)

    return await context.read(verb)


class CallPatch(Body):
    """What people decide about a call; a field left out stays as it is."""

    customer: Ident | None = Field(default=None, description="A customer's id; null for nobody.")
    disposition: Code | None = None
    subject: Code | None = Field(default=None, description="The code of a subject; null for none.")


@endpoints.patch("/calls/{id}")
async def patch_call(context: ApiContext, body: CallPatch) -> shapes.Call:
    """A call, assigned to a customer, or given a disposition or a subject."""

    def verb(session: Session) -> shapes.Call:
        row = search.lock(session, context.id)
        context.check_version(row, partial(render.call, session, row))
        if "customer" in body.model_fields_set:
            customer_assignment.assign(session, row, body.customer, context.actor, context.now)
        if "disposition" in body.model_fields_set:
            set_disposition(session, row, body.disposition)
        if "subject" in body.model_fields_set:
            subjects.set_on_call(session, row, body.subject)
        return render.call(session, row)

    return await context.write(verb)


class NoteIn(Body):
    """A new note; its body is kept byte for byte."""

    body: Prose


@endpoints.post("/calls/{id}/notes", answers=shapes.Note, status=201, idempotent=True)
async def add_note(context: ApiContext, body: NoteIn) -> Response:
    """A note on a call."""

    def verb(session: Session) -> shapes.Note:
        call = search.call(session, context.id)
        return render.note(call_notes.add(session, call, context.principal, body.body, context.now))

    return await create(context, body, verb)


class ReceiptIn(Body):
    """A receipt of a pop: delivered or seen."""

    receipt: Literal["delivered", "seen"]


@endpoints.post("/calls/{id}/receipts")
async def add_receipt(context: ApiContext, body: ReceiptIn) -> shapes.Call:
    """Word from an agent's screen that a call arrived there, or was seen."""
    agent = context.principal.user_id

    def verb(session: Session) -> shapes.Call:
        row = search.call(session, context.id)
        if agent is None or agent not in pops.agents(session, row.id):
            raise NotFound("This call was not offered to you.")
        pops.record_receipt(session, row.id, agent, body.receipt, context.now)
        return render.call(session, row)

    return await context.write(verb)
