"""Bringing a file in: batch by batch, each in a transaction that says how far it came.

Whoever is killed meanwhile is followed by the next process that finds the job: what was committed is not done
again, for the place in the file is committed with it.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any

import structlog
from sqlmodel import Session

from callcrm.base.clock import Clock
from callcrm.base.errors import Refused, fault_fields
from callcrm.crm.import_kind import Fault, FileRow, ImportKind, Plan, Seen, Setting, WrongCell
from callcrm.crm.imports import cells, customers_kind, headings, imports, source
from callcrm.crm.imports.source import Form
from callcrm.crm.noun import JobContext
from callcrm.crm.purchases import currencies
from callcrm.models.crm.file_import import FileImport, ImportFault, ImportState
from callcrm.store.errors import StoreDown

log = structlog.get_logger()
SLICE = 4.0  # seconds of an attempt, after which other processes may go on
WANTED = 0.05  # seconds that a transaction is to take: whoever else writes waits for no more
FEWEST, MOST = 200, 1000  # rows
DEADLINE = 10.0
DATES_LOOKED_AT = 1000  # rows
TRIES = 3  # at a batch that fails though the store is there
DATE_FIELDS = ("at", "requested_at", "delivered_at")


@dataclass(slots=True)
class OpenFile:
    """A file that is being read, in this process: `place` is how many of its rows were read."""

    file: IO[bytes]
    headings: list[str]
    rows: Iterator[tuple[int, Sequence[str]]]
    count: int
    setting: Setting
    place: int = 0
    seen: Seen = field(default_factory=lambda: Seen(dry_run=False))
    batch: int = FEWEST
    failures: int = 0


class Importer:
    """Runs the imports of an app."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._store, self._clock, self._threads = context.store, context.clock, context.threads
        self._open: dict[str, OpenFile] = {}
        self._opening: dict[str, asyncio.Task[OpenFile]] = {}

    async def run(self, payload: Mapping[str, Any]) -> bool:
        """Goes on with the import of the payload for some seconds; whether there is more to do."""
        until = self._clock.monotonic() + SLICE
        import_id = str(payload["import"])
        while self._clock.monotonic() < until:
            row = await self._store.read(partial(_get, import_id=import_id))
            if row is None or row.state in imports.OVER:
                self._close(import_id)
                return False
            try:
                if not (await self._undo(row) if row.undoing else await self._step(row)):
                    return True  # the file is still being opened
            except Refused as refusal:
                await self._fail(import_id, refusal.message % refusal.values)
        return True

    async def _step(self, row: FileImport) -> bool:
        opened = await self._opened(row)
        if opened is None:
            return False
        if opened.place != row.done:  # another process went on meanwhile
            self._close(row.id)
            return True
        try:
            await self._batch(row, opened)
        except (Refused, StoreDown):
            raise
        except Exception as fault:
            await self._failed(row, opened, fault)
        return True

    async def _batch(self, row: FileImport, opened: OpenFile) -> None:
        kind = _kind(self._context, row)
        seconds: float | None = None
        try:
            read = await self._threads.run(_read, opened, kind, row.mapping)
            verb = partial(_bring, row=row, kind=kind, opened=opened, read=read, clock=self._clock)
            seconds = await self._store.write(verb, deadline=DEADLINE)
        finally:
            if seconds is None:  # the rows that were read are not where the file is now
                self._close(row.id)
        if seconds is not None:
            opened.failures = 0
            _adapt(opened, len(read.rows), seconds)

    async def _opened(self, row: FileImport) -> OpenFile | None:
        """The file, at the place where the import is; None while it takes longer than an attempt."""
        if row.id in self._open:
            return self._open[row.id]
        task = self._opening.get(row.id) or asyncio.create_task(self._make_open(row))
        self._opening[row.id] = task
        with suppress(TimeoutError):
            async with self._clock.timeout(SLICE):
                await asyncio.wait([task])
        if not task.done():
            return None
        del self._opening[row.id]
        self._open[row.id] = task.result()
        return self._open[row.id]

    async def _make_open(self, row: FileImport) -> OpenFile:
        file = await self._fetched(row.id)
        usual = partial(currencies.usual, customer_id=None, region=self._context.settings.default_region)
        currency = str(row.form.get("currency") or await self._store.read(usual))
        opened = await self._threads.run_aside(_open, self._context, row, file, currency)
        await self._store.write(partial(_begin, import_id=row.id, rows=opened.count), deadline=DEADLINE)
        return opened

    async def _fetched(self, import_id: str) -> IO[bytes]:
        file: IO[bytes] = TemporaryFile()  # noqa: SIM115  # small writes, closed by `_close`
        position = 0
        while content := await self._store.read(
            partial(imports.file_of, import_id=import_id, position=position)
        ):
            await self._threads.run(file.write, content)
            position += 1
        return file

    async def _failed(self, row: FileImport, opened: OpenFile, fault: Exception) -> None:
        """After some tries at the same batch the import is given up: it may be undone."""
        log.warning("a batch of an import failed", **fault_fields(fault))
        failures = opened.failures + 1
        self._close(row.id)
        if failures >= TRIES:
            given_up = Refused("This can’t be brought in; the log of the server says more.")
            await self._fail(row.id, given_up.message)
            return
        reopened = await self._opened(row)
        if reopened is not None:
            reopened.failures, reopened.batch = failures, FEWEST

    async def _fail(self, import_id: str, message: str) -> None:
        self._close(import_id)
        now = self._clock.now()

        def verb(session: Session) -> None:
            row = imports.lock(session, import_id)
            row.state, row.failure, row.finished_at = ImportState.FAILED, message[:200], now
            session.add(row)

        await self._store.write(verb, deadline=DEADLINE)

    async def _undo(self, row: FileImport) -> bool:
        self._close(row.id)
        verb = partial(_take_away, row=row, kind=_kind(self._context, row), now=self._clock.now())
        await self._store.write(verb, deadline=DEADLINE)
        return True

    def _close(self, import_id: str) -> None:
        if opened := self._open.pop(import_id, None):
            opened.file.close()


def _get(session: Session, import_id: str) -> FileImport | None:
    with suppress(Refused):
        return imports.get(session, import_id)
    return None


def _kind(context: JobContext, row: FileImport) -> ImportKind:
    kind: ImportKind | None = context.seams.import_kinds.get(row.kind)
    if kind is None:
        raise Refused("This kind of import is not there any more.")
    return kind


def _begin(session: Session, import_id: str, rows: int) -> None:
    """Says that the import runs. Of a dry run nothing is kept but in its process: it begins anew."""
    row = imports.lock(session, import_id)
    if row.state == ImportState.QUEUED:
        row.state = ImportState.RUNNING
    if row.dry_run:
        imports.reset(session, row)
    row.rows = rows
    session.add(row)


def _open(context: JobContext, row: FileImport, file: IO[bytes], currency: str) -> OpenFile:
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


@dataclass(slots=True)
class ReadRows:
    """Rows that were read from a file: how many, what is wrong with some, and the records of the others."""

    rows: Sequence[tuple[int, Sequence[str]]]
    records: list[Any] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    empty: int = 0


def _read(opened: OpenFile, kind: ImportKind, mapping: Mapping[str, str]) -> ReadRows:
    """The next rows of the file."""
    read = ReadRows(list(islice(opened.rows, opened.batch)))
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


def _bring(
    session: Session, row: FileImport, kind: ImportKind, opened: OpenFile, read: ReadRows, clock: Clock
) -> float | None:
    """Brings these rows in, and says how far the import is; the seconds that it took, None if the import is
    not where it was any more.
    """
    began = clock.monotonic()
    present = imports.lock(session, row.id)
    if (present.done, present.run, present.undoing) != (opened.place, row.run, row.undoing):
        return None
    wanted = kind.plan(session, read.records, opened.setting, opened.seen) if read.records else Plan()
    if read.records and not present.dry_run:
        kind.write(session, wanted, opened.setting, opened.seen)
    _count(session, present, wanted, [*read.faults, *wanted.faults])
    present.done += len(read.rows)
    present.skipped += read.empty
    if len(read.rows) < opened.batch:
        _finish(session, present, opened)
    session.add(present)
    session.flush()
    return clock.monotonic() - began


def _count(session: Session, present: FileImport, wanted: Plan, faults: Sequence[Fault]) -> None:
    columns = {name: column for column, name in present.mapping.items()}
    present.created += wanted.created
    present.changed += wanted.changed
    present.skipped += wanted.skipped
    for fault in sorted(faults, key=lambda fault: fault.row):
        if present.faults < imports.MOST_FAULTS:
            session.add(
                ImportFault(
                    import_id=present.id,
                    position=present.faults,
                    row=fault.row,
                    column=columns.get(fault.field, ""),
                    message=fault.message,
                    values=dict(fault.values),
                )
            )
        present.faults += 1


def _finish(session: Session, present: FileImport, opened: OpenFile) -> None:
    present.state, present.rows = ImportState.DONE, present.done
    present.finished_at = opened.setting.now
    if not present.dry_run:
        imports.drop_file(session, present)


def _adapt(opened: OpenFile, rows: int, seconds: float) -> None:
    """How many rows are next, so that a transaction takes about as long as it should."""
    opened.place += rows
    if seconds > 0:
        wanted = int(opened.batch * WANTED / seconds)
        opened.batch = max(FEWEST, min(MOST, opened.batch * 2, wanted))


UNDO = "undo"  # in the import's form: which part of the undoing it is at, and behind what
PARTS = 2


def _take_away(session: Session, row: FileImport, kind: ImportKind, now: Any) -> None:
    """Takes away some of what the import brought: things of its kind, then customers made for them."""
    present = imports.lock(session, row.id)
    if present.state in imports.OVER:
        return
    part, after = present.form.get(UNDO, [0, ""])
    undo = kind.undo if part == 0 else customers_kind.undo
    undone = undo(session, present.id, after, now)
    present.kept += undone.kept
    is_last = part + 1 >= PARTS or kind.name == customers_kind.KIND.name
    if undone.after is not None:
        present.form = {**present.form, UNDO: [part, undone.after]}
    elif not is_last:
        present.form = {**present.form, UNDO: [part + 1, ""]}
    else:
        present.state, present.undoing, present.finished_at = ImportState.UNDONE, False, now
        imports.drop_file(session, present)
    session.add(present)
