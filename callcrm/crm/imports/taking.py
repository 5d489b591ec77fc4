"""Taking in a file: looked at, stored, and put in the queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import IO

from sqlmodel import Session

from callcrm.base.errors import Refused
from callcrm.crm.import_kind import ImportKind
from callcrm.crm.imports import headings, imports, source
from callcrm.crm.noun import JobContext
from callcrm.models.crm.file_import import FileImport

MOST_BYTES = imports.MOST_BYTES
PREVIEWED = 5  # rows
LONGEST_SHOWN = 200  # letters of a cell
DEADLINE = 10.0


@dataclass(frozen=True, slots=True)
class FilePreview:
    """What is seen of a file at once: how it is written, its columns, and its first rows."""

    form: source.Form
    headings: list[str]
    rows: list[list[str]]


def preview(file: IO[bytes]) -> FilePreview:
    """What is seen of a file; Refused for one that is no table."""
    form = source.form_of(file)
    plain, plain_form = source.unpacked(file, form, PREVIEWED + 1)
    try:
        rows = list(islice(source.rows_of(plain, plain_form), PREVIEWED + 1))
    finally:
        if plain is not file:
            plain.close()
    if not rows or not any(text.strip() for text in rows[0]):
        raise Refused("The first row of the file must have the names of its columns.", field="file")
    return FilePreview(form, headings.headings_of(rows[0]), [_short(row) for row in rows[1:]])


def _short(row: Sequence[str]) -> list[str]:
    """The row as far as it is shown: a cell may be a megabyte."""
    return [text[:LONGEST_SHOWN] for text in row]


@dataclass(frozen=True, slots=True)
class NewImport:
    """How a file is to be brought in. Without a mapping the columns are what they were the last time, or as
    they are named. `unchecked`: where that is not enough, it waits to be run with another mapping.
    """

    kind: ImportKind
    file_name: str
    by: str | None
    mapping: Mapping[str, str] | None = None
    dry_run: bool = False
    unchecked: bool = False


async def take(context: JobContext, file: IO[bytes], new: NewImport) -> FileImport:
    """The import of this file, which runs by itself from now on."""
    row, runs = await keep(context, file, new)
    if not runs:
        return row
    run = partial(imports.enqueue_run, import_id=row.id, now=context.clock.now())
    return await context.store.write(run, deadline=DEADLINE)


async def keep(context: JobContext, file: IO[bytes], new: NewImport) -> tuple[FileImport, bool]:
    """The import of this file, which is stored and waits to be run, and whether it can be run as it is."""
    previewed = await context.threads.run_aside(preview, file)
    store, now = context.store, context.clock.now()
    begin = partial(_begin, new=new, previewed=previewed, size=file.seek(0, 2), now=now)
    row, runs = await store.write(begin, deadline=DEADLINE)
    for position, (start, end) in enumerate(imports.chunks_of(file)):
        file.seek(start)
        content = file.read(end - start)
        verb = partial(imports.store_chunk, import_id=row.id, position=position, content=content)
        await store.write(verb, deadline=DEADLINE)
    return row, runs


def _begin(
    session: Session, new: NewImport, previewed: FilePreview, size: int, now: datetime
) -> tuple[FileImport, bool]:
    wanted = new.mapping
    if wanted is None:
        wanted = headings.mapping_of(session, new.kind, previewed.headings)
    runs = True
    try:
        wanted = headings.checked(new.kind, previewed.headings, wanted)
    except Refused:
        if not new.unchecked:
            raise
        runs = False
    row = imports.begin(
        session,
        new.kind,
        file_name=new.file_name,
        size=size,
        mapping=wanted,
        form={
            "file": previewed.form.as_json(),
            "headings": previewed.headings,
            imports.PREVIEW: previewed.rows,
        },
        dry_run=new.dry_run,
        by=new.by,
        now=now,
    )
    if new.mapping is not None:
        headings.remember(session, new.kind, previewed.headings, row.mapping, now)
    return row, runs
