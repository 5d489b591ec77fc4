"""Imports: a file sent and tried at once, its columns, what would be done, and then done or undone."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import StringIO

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.base.paging import Cursor, ListPage, list_page, page_request
from callcrm.crm import export
from callcrm.crm.import_kind import ImportKind
from callcrm.crm.imports import headings, imports, taking
from callcrm.crm.imports.objects import fault_text
from callcrm.models import Role
from callcrm.models.crm.file_import import FileImport, ImportFault, ImportState
from callcrm.web import error_pages
from callcrm.web.page import Page
from callcrm.web.routes import get, post

PAGE_SIZE = 30
SHOWN_FAULTS = 20
COLUMN = "column-{}"


async def list_imports(page: Page) -> Response:
    """The form for a file, and the files that were brought in."""
    return await _list(page, "", 200)


async def _list(page: Page, fault: str, status: int) -> Response:
    paging = page_request(page.request.query_params)

    def load(session: Session) -> ListPage[FileImport]:
        rows = imports.find(session, after=paging.key, back=paging.back, limit=PAGE_SIZE + 1)
        return list_page(rows, PAGE_SIZE, paging, lambda row: Cursor(row.created_at, row.id))

    kinds = [(kind.name, kind.title(page.locale)) for kind in page.seams.import_kinds.values()]
    listed = await page.read(load)
    return page.respond("imports/imports.html", status, list_page=listed, kinds=kinds, fault=fault)


async def send(page: Page) -> Response:
    """Takes in a file and tries it; its page shows what would be done."""
    try:
        upload = await page.upload()
        if upload.file is None or not upload.file_name:
            raise Refused("Choose a file.", field="file")
        new = taking.NewImport(
            _kind(page, upload.fields.get("kind", "")),
            upload.file_name,
            by=page.user.user_id,
            dry_run=True,
            unchecked=True,
        )
        row = await taking.take(page.services, upload.file, new)
    except Refused as refusal:
        return await _list(page, error_pages.error_text(page.locale, refusal), 422)
    return page.redirect(f"/imports/{row.id}")


def _kind(page: Page, name: str) -> ImportKind:
    kind = page.seams.import_kinds.get(name)
    if kind is None:
        raise Refused("There is no such kind of import.", field="kind")
    return kind


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file, with what stands in its first rows, and the field that it is."""

    name: str
    field: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class ImportPage:
    """An import as its page shows it: `columns` while it may be run again."""

    row: FileImport
    kind_title: str
    columns: Sequence[Column]
    fields: Sequence[tuple[str, str]]
    faults: Sequence[tuple[ImportFault, str]]
    failure: str

    @property
    def is_over(self) -> bool:
        """Whether nothing is under way."""
        return self.row.state in imports.OVER or self.row.run == 0

    @property
    def may_run(self) -> bool:
        """Whether it was tried, and may be brought in."""
        return self.row.dry_run and self.row.state == ImportState.DONE and bool(self.columns)

    @property
    def may_undo(self) -> bool:
        """Whether it brought something that may be taken away."""
        return not self.row.dry_run and not self.row.undoing and self.row.state != ImportState.UNDONE


async def show(page: Page) -> Response:
    """An import: its columns, how far it is, what is wrong."""
    return await _show(page, "", 200)


async def _show(page: Page, fault: str, status: int) -> Response:
    shown = await page.read(partial(_load, page=page))
    return page.respond("imports/import.html", status, shown=shown, fault=fault)


async def state(page: Page) -> Response:
    """How far an import is, as a part of its page."""
    if not page.request.headers.get("hx-request"):
        return page.redirect(f"/imports/{page.id}")
    return page.respond("imports/_state.html", shown=await page.read(partial(_load, page=page)))


def _load(session: Session, page: Page) -> ImportPage:
    row = imports.get(session, page.id)
    kind = page.seams.import_kinds.get(row.kind)
    faults = imports.faults_of(session, row.id, SHOWN_FAULTS) if row.faults else ()
    return ImportPage(
        row,
        kind.title(page.locale) if kind else row.kind,
        _columns(row) if kind and row.dry_run else (),
        [(field.name, field.title(page.locale)) for field in kind.fields] if kind else (),
        [(fault, fault_text(page.locale, fault.message, fault.values)) for fault in faults],
        fault_text(page.locale, row.failure, {}) if row.failure else "",
    )


def _columns(row: FileImport) -> list[Column]:
    first = row.form.get(imports.PREVIEW, [])
    return [
        Column(name, row.mapping.get(name, ""), [cells[place] for cells in first if place < len(cells)][:3])
        for place, name in enumerate(row.form.get("headings", []))
    ]


async def try_again(page: Page) -> Response:
    """Tries the file with the columns that were chosen."""
    return await _run(page, dry_run=True)


async def run(page: Page) -> Response:
    """Brings the file in, with the columns that were chosen."""
    return await _run(page, dry_run=False)


async def _run(page: Page, *, dry_run: bool) -> Response:
    form = await page.form()

    def verb(session: Session) -> None:
        row = imports.get(session, page.id)
        kind, names = _kind(page, row.kind), row.form.get("headings", [])
        wanted: Mapping[str, str] = {
            name: str(form[COLUMN.format(place)])
            for place, name in enumerate(names)
            if COLUMN.format(place) in form
        }
        mapping = headings.checked(kind, names, wanted or row.mapping)
        imports.run_again(session, row.id, mapping, dry_run=dry_run, now=page.now)
        headings.remember(session, kind, names, mapping, page.now)

    try:
        await page.write(verb)
    except Refused as refusal:
        return await _show(page, error_pages.error_text(page.locale, refusal), 422)
    return page.redirect(f"/imports/{page.id}")


async def undo(page: Page) -> Response:
    """Has all that it brought taken away again."""
    await page.write(partial(imports.undo, import_id=page.id, now=page.now))
    return page.redirect(f"/imports/{page.id}")


async def errors(page: Page) -> Response:
    """What is wrong with its rows, as a table for spreadsheets."""

    def load(session: Session) -> Sequence[ImportFault]:
        imports.get(session, page.id)
        return imports.faults_of(session, page.id, imports.MOST_FAULTS)

    text, locale = StringIO(), page.locale
    table = csv.writer(text)
    table.writerow([locale._("Row"), locale._("Column"), locale._("What is wrong")])
    for fault in await page.read(load):
        sentence = fault_text(locale, fault.message, fault.values)
        table.writerow([fault.row, export.cell(fault.column), export.cell(sentence)])
    headers = {"Content-Disposition": 'attachment; filename="errors.csv"'}
    # With a mark by which spreadsheets know it for UTF-8.
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


routes = [
    get("/imports", list_imports, role=Role.SUPERVISOR),
    post("/imports", send, role=Role.SUPERVISOR, upload=imports.MOST_BYTES),
    get("/imports/{id}", show, role=Role.SUPERVISOR),
    get("/imports/{id}/state", state, role=Role.SUPERVISOR, keeps_session=False),
    get("/imports/{id}/errors.csv", errors, role=Role.SUPERVISOR),
    post("/imports/{id}/try", try_again, role=Role.SUPERVISOR),
    post("/imports/{id}/run", run, role=Role.SUPERVISOR),
    post("/imports/{id}/undo", undo, role=Role.SUPERVISOR),
]
