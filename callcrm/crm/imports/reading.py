"""The file of an import as it is read, some rows at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any

from callcrm.crm.import_kind import Fault, FileRow, ImportKind, Seen, Setting, WrongCell
from callcrm.crm.imports import cells, headings, source
from callcrm.crm.imports.source import Form
from callcrm.crm.noun import JobContext
from callcrm.models.crm.file_import import FileImport

FEWEST, MOST = 100, 1000  # rows
DATES_LOOKED_AT = 1000  # rows
DATE_FIELDS = ("at", "requested_at", "delivered_at")


@dataclass(slots=True)
class ReadRows:
    """Rows that were read from a file: how many, what is wrong with some, and the records of the others."""

    rows: Sequence[tuple[int, Sequence[str]]]
    records: list[Any] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    empty: int = 0
    is_last: bool = False


@dataclass(slots=True)
class OpenFile:
    """A file that is being read, in this process: `place` is how many of its rows were brought in, `ahead`
    what was read of it since.
    """

    file: IO[bytes]
    headings: list[str]
    rows: Iterator[tuple[int, Sequence[str]]]
    count: int
    setting: Setting
    place: int = 0
    seen: Seen = field(default_factory=lambda: Seen(dry_run=False))
    batch: int = FEWEST
    failures: int = 0
    ahead: ReadRows | None = None


def open_file(context: JobContext, row: FileImport, file: IO[bytes], currency: str) -> OpenFile:
    """The file at the place where the import is; its rows are counted on the way."""
    sent = file
    file, form = source.unpacked(sent, Form(**row.form["file"]))
    if file is not sent:
        sent.close()
    counted = source.rows_of(file, form)
    names = headings.headings_of(next(counted, []))
    dates = [place for place, name in enumerate(names) if row.mapping.get(name) in DATE_FIELDS]
    looked_at: list[str] = []
    count = 0
    for cells_of_row in counted:
        if count < DATES_LOOKED_AT:
            looked_at += [cells_of_row[place] for place in dates if place < len(cells_of_row)]
        count += 1
    settings, clock = context.settings, context.clock
    setting = Setting(
        import_id=row.id,
        region=settings.default_region,
        own=context.runtime.own_numbers,
        zone=settings.zone,
        currency=currency,
        day_first=cells.is_day_first(looked_at, settings.default_region),
        by=row.created_by,
        now=clock.now(),
    )
    rows = enumerate(source.rows_of(file, form), 1)
    next(rows, None)
    place = 0 if row.dry_run else row.done
    for _ in islice(rows, place):
        pass
    return OpenFile(file, names, rows, count, setting, place, Seen(row.dry_run))


def read_rows(opened: OpenFile, kind: ImportKind, mapping: Mapping[str, str]) -> ReadRows:
    """The next rows of the file."""
    read = ReadRows(list(islice(opened.rows, opened.batch)))
    read.is_last = len(read.rows) < opened.batch
    places = [(place, mapping[name]) for place, name in enumerate(opened.headings) if mapping.get(name)]
    for number, values in read.rows:
        row_cells = {
            name: text
            for place, name in places
            if place < len(values) and not (text := values[place]).isspace() and text
        }
        if not row_cells:
            read.empty += 1
            continue
        try:
            read.records.append(kind.read(FileRow(number, row_cells), opened.setting))
        except WrongCell as fault:
            read.faults.append(Fault(number, fault.field, fault.message, fault.values))
    return read
