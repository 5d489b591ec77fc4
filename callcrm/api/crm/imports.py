"""Endpoints of imports: files sent, looked at while they are brought in, undone."""

import hashlib
import json
from dataclasses import replace
from typing import IO, Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError, WithJsonSchema
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import ApiContext, json_response
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import as_response, created, idempotent
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.base.errors import Refused
from callcrm.crm.import_kind import ImportKind
from callcrm.crm.imports import imports, taking
from callcrm.crm.imports.objects import Import, objects
from callcrm.edge.uploads import Upload, read_upload
from callcrm.models import Role
from callcrm.models.crm.file_import import FileImport
from callcrm.store.idempotency import StoredResponse
from callcrm.views.objects.shapes import Listing

endpoints = Endpoints()
MAPPING: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])
NO_NUL = r"^[^\u0000]*$"
TRUE, FALSE = ("true", "1", "yes", "on"), ("", "false", "0", "no", "off")


@endpoints.get("/imports", role=Role.SUPERVISOR)
async def list_imports(context: ApiContext, query: PageQuery) -> Listing[Import]:
    """Files that were brought in, or tried, newest first; what was wrong with their rows is at each."""

    def verb(session: Session) -> Listing[Import]:
        rows = imports.find(session, after=query.after, limit=query.limit + 1)
        page, following = cut_page(rows, query.limit, lambda row: Cursor(row.created_at, row.id))
        items = objects(session, context.reader.locale, page, errors=False)
        return Listing[Import](items=items, next=following)

    return await context.read(verb)


class ImportIn(BaseModel):
    """A file to be brought in."""

    file: Annotated[str, WithJsonSchema({"type": "string", "format": "binary"})] = Field(
        description="CSV in any encoding and with any separator, or an Excel workbook; 100 MB at most."
    )
    kind: str = Field(max_length=64, pattern=NO_NUL, description="`customers`, `purchases`, …")
    mapping: str = Field(
        default="",
        max_length=100_000,
        pattern=NO_NUL,
        description="JSON `{COLUMN: FIELD}`. Without it as with the last such file, or by the names.",
    )
    dry_run: str = Field(
        default="false",
        max_length=5,
        pattern=NO_NUL,
        description="`true`: says what would be done, and does nothing.",
    )


class Sent(BaseModel):
    """What makes a file that is sent the same as one sent before."""

    kind: str
    mapping: str
    dry_run: bool
    name: str
    sha256: str


@endpoints.post(
    "/imports", answers=Import, status=202, role=Role.SUPERVISOR, upload=ImportIn, idempotent=True
)
async def add_import(context: ApiContext) -> Response:
    """A file, to be brought in by and by; `GET /imports/{id}` says how far it is."""
    upload = await read_upload(context.request, imports.MOST_BYTES)
    try:
        return await _take(context, upload)
    finally:
        upload.close()


async def _take(context: ApiContext, upload: Upload) -> Response:
    if upload.file is None:
        raise Refused("There is no file.", field="file")
    new = taking.NewImport(
        _kind(context, upload.fields.get("kind", "")),
        upload.file_name,
        by=context.principal.user_id,
        mapping=_mapping(upload.fields.get("mapping", "")),
        dry_run=_flag(upload.fields.get("dry_run", "")),
    )
    request = idempotent(context, await _sent(context, upload.file, new))
    if stored := await context.read(request.stored):
        return as_response(stored)
    row, _ = await taking.keep(context.services, upload.file, new)

    def run(session: Session) -> StoredResponse:
        if stored := request.begin(session):  # of two at once with one key, the other was first
            imports.discard(session, row.id)
            return stored
        answer = _object(context, session, imports.enqueue_run(session, row.id, context.now))
        return request.finish(session, replace(created(answer, prefix=context.prefix), status=202))

    return as_response(await context.write(run))


async def _sent(context: ApiContext, file: IO[bytes], new: taking.NewImport) -> Sent:
    digest = await context.services.threads.run_aside(hashlib.file_digest, file, "sha256")
    mapping = json.dumps(new.mapping, sort_keys=True)
    file.seek(0)
    return Sent(
        kind=new.kind.name,
        mapping=mapping,
        dry_run=new.dry_run,
        name=new.file_name,
        sha256=digest.hexdigest(),
    )


def _kind(context: ApiContext, name: str) -> ImportKind:
    kinds = context.seams.import_kinds
    if name not in kinds:
        raise Refused("There is no such kind of import.", field="kind")
    return kinds[name]


def _mapping(text: str) -> dict[str, str] | None:
    if not text.strip():
        return None
    try:
        return MAPPING.validate_python(json.loads(text), strict=True)
    except (ValueError, RecursionError, ValidationError):
        raise Refused("The mapping is no JSON object of columns and fields.", field="mapping") from None


def _flag(text: str) -> bool:
    word = text.strip().lower()
    if word not in (*TRUE, *FALSE):
        raise Refused("Say true or false.", field="dry_run")
    return word in TRUE


def _object(context: ApiContext, session: Session, row: FileImport) -> Import:
    return objects(session, context.reader.locale, [row])[0]


@endpoints.get("/imports/{id}", role=Role.SUPERVISOR)
async def get_import(context: ApiContext) -> Import:
    """An import: how far it is, and what is wrong with its rows."""
    return await context.read(lambda session: _object(context, session, imports.get(session, context.id)))


@endpoints.post("/imports/{id}/undo", answers=Import, status=202, role=Role.SUPERVISOR)
async def undo_import(context: ApiContext) -> Response:
    """An import, all of which is taken away again, but for what was edited since."""

    def verb(session: Session) -> Any:
        return imports.undo(session, context.id, context.now)

    row = await context.write(verb)
    answer = await context.read(lambda session: _object(context, session, imports.get(session, row.id)))
    return json_response(answer, 202, prefix=context.prefix)
