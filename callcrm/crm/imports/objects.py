"""Imports as the API answers with them."""

from collections.abc import Sequence
from typing import Any
from zlib import crc32

from pydantic import Field
from sqlmodel import Session

from callcrm import models
from callcrm.base.objects import Named, Shape, Time, VersionedShape
from callcrm.crm.imports import imports
from callcrm.i18n.locale import Locale
from callcrm.models.crm.file_import import FileImport, ImportFault, ImportState


class WrongCell(Shape):
    """What is wrong in a row of the file; the heading is row 1. `column` is empty where it is the row."""

    row: int
    column: str
    said: str = Field(description="In the reader's language.")


class Import(VersionedShape):
    """A file that is brought in, or tried. Nobody edits it: its version is another one with each step."""

    id: str
    kind: str
    state: ImportState
    dry_run: bool
    file: str
    mapping: dict[str, str]
    rows: int = Field(description="Without the heading, once they are counted.")
    done: int
    created: int
    changed: int
    skipped: int
    error_count: int
    errors: list[WrongCell] = Field(description="The first thousand.")
    kept: int = Field(description="What an undo left, since it was edited meanwhile.")
    failure: str | None = Field(description="Why it failed, in the reader's language.")
    by: Named | None
    created_at: Time
    finished_at: Time | None


def objects(
    session: Session, locale: Locale, rows: Sequence[FileImport], *, errors: bool = True
) -> list[Import]:
    """Imports as objects; without `errors` the list of them stays empty."""
    return [_object(session, locale, row, errors) for row in rows]


def _object(session: Session, locale: Locale, row: FileImport, errors: bool) -> Import:
    user = session.get(models.User, row.created_by) if row.created_by else None
    faults = imports.faults_of(session, row.id) if errors and row.faults else ()
    names = {"id", "kind", "dry_run", "rows", "done", "created", "changed", "skipped", "kept"}
    return Import(
        version=_version(row),
        **row.model_dump(include=names | {"mapping", "created_at", "finished_at"}),
        state=ImportState(row.state),
        file=row.file_name,
        error_count=row.faults,
        errors=[_fault(locale, fault) for fault in faults],
        failure=locale._(row.failure) if row.failure else None,
        by=Named(id=user.id, name=user.name) if user else None,
    )


def _version(row: FileImport) -> int:
    state = row.model_dump_json(
        exclude={"id", "kind", "file_name", "size", "form", "created_by", "created_at"}
    )
    return crc32(state.encode())


def _fault(locale: Locale, fault: ImportFault) -> WrongCell:
    return WrongCell(row=fault.row, column=fault.column, said=fault_text(locale, fault.message, fault.values))


def fault_text(locale: Locale, message: str, values: dict[str, Any]) -> str:
    """What is wrong, in the reader's language."""
    return locale._(message, **values)
