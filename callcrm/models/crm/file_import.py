"""Files that were brought in: how far each is, what it brought, and what was wrong with it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel


class ImportState(StrEnum):
    """How far an import is; `undone` is what was taken away again, whole but for what was edited since."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"


class FileImport(SQLModel, table=True):
    """A file that is brought in. `done` of its `rows` are through, which each batch's transaction says with
    what it does: so whoever goes on after a crash brings no row twice.

    `mapping` says by column which field it is; `form` how the file is written: encoding, separator, order of
    dates. `undoing`: it is being taken away, `kept` is how many things stay since they were edited.
    """

    __tablename__ = "file_import"
    __table_args__ = (Index("ix_file_import_created", "created_at", "id"),)

    id: str = Field(primary_key=True, max_length=40)
    kind: str = Field(max_length=16)
    state: str = Field(default=ImportState.QUEUED, max_length=8)
    file_name: str = Field(max_length=200)
    size: int
    dry_run: bool
    mapping: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    form: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    rows: int = 0
    done: int = 0
    created: int = 0
    changed: int = 0
    skipped: int = 0
    faults: int = 0
    undoing: bool = False
    kept: int = 0
    run: int = 0
    failure: str | None = Field(default=None, max_length=200)
    created_by: str | None = Field(default=None, max_length=40)
    created_at: datetime
    finished_at: datetime | None = None


class ImportChunk(SQLModel, table=True):
    """A part of the file of an import, until that is over: in the store, so that any process may go on."""

    __tablename__ = "import_chunk"

    import_id: str = Field(primary_key=True, foreign_key="file_import.id", max_length=40, ondelete="CASCADE")
    position: int = Field(primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)


class ImportFault(SQLModel, table=True):
    """What is wrong with a cell: a message of ours with its values, to be said in the reader's language."""

    __tablename__ = "import_fault"

    import_id: str = Field(primary_key=True, foreign_key="file_import.id", max_length=40, ondelete="CASCADE")
    position: int = Field(primary_key=True)
    row: int
    column: str = Field(max_length=200)
    message: str = Field(max_length=200)
    values: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class ImportedRow(SQLModel, table=True):
    """A customer whom an import created, or changed where `before` says what they were; whoever edits them
    sets another time than `at`. Purchases name their import themselves.
    """

    __tablename__ = "imported_row"

    import_id: str = Field(primary_key=True, foreign_key="file_import.id", max_length=40, ondelete="CASCADE")
    subject_id: str = Field(primary_key=True, max_length=40, index=True)
    kind: str = Field(max_length=16)
    at: datetime
    before: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )


class ImportMapping(SQLModel, table=True):
    """Which columns were which fields the last time that a file had these headings."""

    __tablename__ = "import_mapping"

    kind: str = Field(primary_key=True, max_length=16)
    headings_key: str = Field(primary_key=True, max_length=64)
    mapping: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    used_at: datetime
