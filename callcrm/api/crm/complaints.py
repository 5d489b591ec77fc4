"""Endpoints of complaints. To whoever is complained of, a complaint does not exist."""

from functools import partial
from typing import cast

from pydantic import Field, StrictBool
from sqlmodel import Session
from starlette.responses import Response

from callcrm import models
from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import create
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Ident, Line, Moment, Prose, Text
from callcrm.api.http.problems import Problem
from callcrm.base.errors import Refused
from callcrm.crm.complaints import complaints, files, find
from callcrm.crm.complaints.complaints import Changes, Opening
from callcrm.crm.complaints.objects import Complaint, File, file_object, objects
from callcrm.edge.files import complaint_files
from callcrm.edge.ranges import Unsatisfiable
from callcrm.edge.uploads import read_upload
from callcrm.models.crm.complaint import About, Remedy, Stage
from callcrm.views.objects.shapes import Listing

endpoints = Endpoints("complaints")
Row = models.crm.complaint.Complaint


class ComplaintQuery(PageQuery):
    """Filters of a list of complaints."""

    customer: str | None = Field(default=None, description="A customer's id.")
    about: About | None = None
    stage: Stage | None = None
    owner: str | None = Field(default=None, description="The id of whoever handles it.")
    product: str | None = Field(default=None, max_length=200, description="A product, in any spelling.")
    late: bool | None = Field(default=None, description="Open and past the time it is due, or not.")


@endpoints.get("/complaints")
async def list_complaints(context: ApiContext, query: ComplaintQuery) -> Listing[Complaint]:
    """Complaints, newest first."""
    filters = find.Filters(
        **query.model_dump(include={"customer", "about", "stage", "owner", "product", "late"})
    )

    def verb(session: Session) -> Listing[Complaint]:
        rows = find.page(
            session, filters, context.principal, now=context.now, after=query.after, limit=query.limit + 1
        )
        page, following = cut_page(rows, query.limit, lambda row: Cursor(row.opened_at, row.id))
        return Listing[Complaint](items=_objects(context, session, page), next=following)

    return await context.read(verb)


def _objects(context: ApiContext, session: Session, rows: list[Row]) -> list[Complaint]:
    return objects(session, rows, context.reader.hours, context.now)


def _object(context: ApiContext, session: Session, row: Row) -> Complaint:
    return _objects(context, session, [row])[0]


class ComplaintIn(Body):
    """A complaint."""

    customer: Ident | None = Field(default=None, description="A customer's id; the call's, if not said.")
    about: About
    product: Text | None = Field(default=None, description="The product or service, by its name.")
    staff: Ident | None = Field(default=None, description="The id of the user who is complained of.")
    call: Ident | None = Field(default=None, description="The call on which it was made.")
    second: int | None = Field(
        default=None, ge=0, le=complaints.LONGEST_SECOND, description="Where in the call's audio it is said."
    )
    body: Prose = Field(max_length=complaints.LONGEST_BODY, description="What went wrong.")
    name: Line | None = Field(default=None, description="Who complains, where no customer is known.")
    owner: Ident | None = Field(default=None, description="The id of the user who handles it.")
    opened_at: Moment | None = Field(default=None, description="When it was made, if not now.")
    due_at: Moment | None = Field(default=None, description="By when it is to be settled.")


@endpoints.post("/complaints", answers=Complaint, status=201, idempotent=True)
async def add_complaint(context: ApiContext, body: ComplaintIn) -> Response:
    """A new complaint."""
    opening = Opening(
        **body.model_dump(exclude={"customer", "staff", "call", "owner"}),
        customer_id=body.customer,
        staff_id=body.staff,
        call_id=body.call,
        owner_id=body.owner,
    )

    def verb(session: Session) -> Complaint:
        row = complaints.open_complaint(
            session, opening, hours=context.reader.hours, by=context.principal, now=context.now
        )
        return _object(context, session, row)

    return await create(context, body, verb)


@endpoints.get("/complaints/{id}")
async def get_complaint(context: ApiContext) -> Complaint:
    """A complaint."""

    def verb(session: Session) -> Complaint:
        return _object(context, session, complaints.get(session, context.id, context.principal))

    return await context.read(verb)


class ComplaintPatch(Body):
    """What can be changed of a complaint; a field left out stays as it is."""

    stage: Stage | None = Field(default=None, description="The next stage; none is skipped.")
    owner: Ident | None = Field(default=None, description="The id of the user who handles it.")
    resolution: str | None = Field(default=None, max_length=complaints.LONGEST_TEXT)
    offer: Remedy | None = None
    root_cause: Text | None = Field(default=None, description="A code of the business's list.")
    lesson: str | None = Field(default=None, max_length=complaints.LONGEST_TEXT)
    lesson_told: StrictBool = Field(default=False, description="Other customers may be told what was learnt.")
    due_at: Moment | None = Field(default=None, description="By when it is to be settled.")
    staff: Ident | None = Field(
        default=None, description="The id of whoever is complained of, where a form's sender named nobody."
    )

    def changes(self) -> Changes:
        """The fields that were sent; Refused for a null where there is always something."""
        sent = self.model_dump(exclude_unset=True)
        for name in ("stage", "due_at"):
            if name in sent and sent[name] is None:
                raise Refused("This can't be left empty.", field=name)
        if "owner" in sent:
            sent["owner_id"] = sent.pop("owner")
        if "staff" in sent:
            sent["staff_id"] = sent.pop("staff")
        return cast("Changes", sent)


@endpoints.patch("/complaints/{id}")
async def patch_complaint(context: ApiContext, body: ComplaintPatch) -> Complaint:
    """A complaint, changed."""
    changes = body.changes()

    def verb(session: Session) -> Complaint:
        row = complaints.lock(session, context.id, context.principal)
        context.check_version(row, partial(_object, context, session, row))
        return _object(context, session, complaints.change(session, row, changes, context.reader))

    return await context.write(verb)


class FileIn(Body):
    """A file: multipart/form-data with a field `file`."""

    complaint: str
    name: str
    sha256: str


@endpoints.post("/complaints/{id}/files", answers=File, status=201, idempotent=True)
async def add_file(context: ApiContext) -> Response:
    """A file as evidence: `multipart/form-data` with a field `file`, at most 25 MB."""
    services, user = context.services, context.principal
    await complaint_files.check(services, context.id, user)
    upload = await read_upload(context.request, files.LARGEST)
    try:
        file = await complaint_files.stored(services, upload)
    finally:
        upload.close()

    def verb(session: Session) -> File:
        row = files.add(session, context.id, file, by=user, now=context.now)
        return file_object(row)

    return await create(context, FileIn(complaint=context.id, name=file.name, sha256=file.sha256), verb)


@endpoints.get("/complaints/{id}/files/{file}", answers="*/*")
async def get_file(context: ApiContext) -> Response:
    """A file of a complaint, whole or a range of bytes."""
    name = str(context.request.path_params["file"])
    try:
        return await complaint_files.response(
            context.request, context.services, context.id, name, context.principal
        )
    except Unsatisfiable as fault:
        headers = {"Content-Range": str(fault)}
        raise Problem(416, "These bytes can't be had.", headers=headers) from None
