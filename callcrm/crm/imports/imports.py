"""Imports: begun with a file, looked at, run again in earnest, undone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import IO, Any

from sqlmodel import Session, col, delete, select, tuple_

from callcrm.base.errors import NotFound, Refused, RefusedByRule
from callcrm.base.ids import new_id
from callcrm.base.text import one_line
from callcrm.crm.import_kind import ImportKind
from callcrm.models.crm.file_import import FileImport, ImportChunk, ImportFault, ImportState
from callcrm.models.versions import locked
from callcrm.store.enqueue import enqueue

JOB = "import"
CHUNK = 1 << 20  # bytes
MOST_BYTES = 100 << 20
LONGEST_NAME = 200
MOST_FAULTS = 10_000  # kept; all are counted
SHOWN_FAULTS = 1000
PREVIEW = "rows"  # in the form: the first rows of the file
OVER = (ImportState.DONE, ImportState.FAILED, ImportState.UNDONE)


def begin(
    session: Session,
    kind: ImportKind,
    *,
    file_name: str,
    size: int,
    mapping: Mapping[str, str],
    form: Mapping[str, Any],
    dry_run: bool,
    by: str | None,
    now: datetime,
) -> FileImport:
    """An import whose file is stored next, by `store_chunk`; it runs once it is `enqueue_run`."""
    row = FileImport(
        id=new_id("imp", now),
        kind=kind.name,
        file_name=one_line(file_name)[:LONGEST_NAME],
        size=size,
        dry_run=dry_run,
        mapping=dict(mapping),
        form=dict(form),
        created_by=by,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def store_chunk(session: Session, import_id: str, position: int, content: bytes) -> None:
    """Stores a part of the file."""
    session.add(ImportChunk(import_id=import_id, position=position, content=content))


def enqueue_run(session: Session, import_id: str, now: datetime) -> FileImport:
    """Has the import run, from its beginning or where it was."""
    row = lock(session, import_id)
    row.run += 1
    session.add(row)
    session.flush()
    enqueue(session, JOB, f"{row.id}:{row.run}", {"import": row.id}, now)
    return row


def discard(session: Session, import_id: str) -> None:
    """Forgets an import that has not been run, with its file."""
    session.exec(delete(ImportChunk).where(col(ImportChunk.import_id) == import_id))
    session.exec(delete(FileImport).where(col(FileImport.id) == import_id))


def get(session: Session, import_id: str) -> FileImport:
    """The import of this id; NotFound."""
    row = session.get(FileImport, import_id)
    if row is None:
        raise NotFound("There is no such import.")
    return row


def lock(session: Session, import_id: str) -> FileImport:
    """The import as it is now, locked until the commit; NotFound."""
    row = locked(session, FileImport, import_id)
    if row is None:
        raise NotFound("There is no such import.")
    return row


def find(
    session: Session, *, after: tuple[datetime, str] | None = None, back: bool = False, limit: int = 50
) -> Sequence[FileImport]:
    """At most `limit` imports behind the time and id `after`, newest first; with `back` those before it."""
    statement = select(FileImport)
    place = tuple_(col(FileImport.created_at), col(FileImport.id))
    if after is not None:
        statement = statement.where(place > after if back else place < after)
    order = (place.asc(),) if back else (col(FileImport.created_at).desc(), col(FileImport.id).desc())
    return session.exec(statement.order_by(*order).limit(limit)).all()


def faults_of(session: Session, import_id: str, limit: int = SHOWN_FAULTS) -> Sequence[ImportFault]:
    """What is wrong with the rows of an import, the first rows first."""
    rows = select(ImportFault).where(ImportFault.import_id == import_id)
    return session.exec(rows.order_by(col(ImportFault.position)).limit(limit)).all()


def run_again(
    session: Session, import_id: str, mapping: Mapping[str, str], *, dry_run: bool, now: datetime
) -> FileImport:
    """Runs what was a dry run again: with another mapping, or in earnest. RefusedByRule for what is under
    way, or was no dry run; Refused where the file is not kept any more.
    """
    row = lock(session, import_id)
    waits = row.run == 0 or row.state in (ImportState.DONE, ImportState.FAILED)
    if not row.dry_run or not waits:
        raise RefusedByRule("Only what was tried, and is through, can be brought in.", code="not-now")
    if session.get(ImportChunk, (import_id, 0)) is None:
        raise Refused("The file is not kept any more. Send it again.", field="file")
    reset(session, row)
    row.mapping, row.dry_run, row.state = dict(mapping), dry_run, ImportState.QUEUED
    row.failure = row.finished_at = None
    session.add(row)
    session.flush()
    return enqueue_run(session, import_id, now)


def reset(session: Session, row: FileImport) -> None:
    """Forgets what was counted."""
    session.exec(delete(ImportFault).where(col(ImportFault.import_id) == row.id))
    row.done = row.created = row.changed = row.skipped = row.faults = 0


def undo(session: Session, import_id: str, now: datetime) -> FileImport:
    """Has all that the import brought taken away again; one that is under way stops for it. Of one that is
    being undone, or was, nothing more is done. RefusedByRule for a dry run, which brought nothing.
    """
    row = lock(session, import_id)
    if row.dry_run:
        raise RefusedByRule("A dry run brought nothing that could be taken away.", code="not-now")
    if row.undoing or row.state == ImportState.UNDONE:
        return row
    row.undoing, row.state, row.finished_at = True, ImportState.RUNNING, None
    session.add(row)
    session.flush()
    return enqueue_run(session, import_id, now)


def file_of(session: Session, import_id: str, position: int) -> bytes | None:
    """A part of the import's file; None behind the last."""
    chunk = session.get(ImportChunk, (import_id, position))
    return None if chunk is None else chunk.content


def chunks_of(file: IO[bytes]) -> Sequence[tuple[int, int]]:
    """The parts that a file is stored in: where each begins and ends."""
    size = file.seek(0, 2)
    return [(start, min(start + CHUNK, size)) for start in range(0, size, CHUNK)]


def drop_file(session: Session, row: FileImport) -> None:
    """Forgets the file of an import that needs it no more, and the rows of it that are shown."""
    session.exec(delete(ImportChunk).where(col(ImportChunk.import_id) == row.id))
    row.form = {name: value for name, value in row.form.items() if name != PREVIEW}
    session.add(row)
