"""Bringing a file in: batch by batch, each in a transaction that says how far it came.

Whoever is killed meanwhile is followed by the next process that finds the job: what was committed is not done
again, for the place in the file is committed with it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Any

import structlog
from sqlalchemy import text
from sqlmodel import Session

from callcrm.base.clock import Clock
from callcrm.base.errors import Refused, fault_fields
from callcrm.crm.import_kind import Fault, ImportKind, Plan
from callcrm.crm.imports import customers_kind, imports
from callcrm.crm.imports.reading import FEWEST, MOST, OpenFile, ReadRows, open_file, read_rows
from callcrm.crm.noun import JobContext
from callcrm.crm.purchases import currencies
from callcrm.models.crm.file_import import FileImport, ImportFault, ImportState
from callcrm.store.errors import StoreDown

log = structlog.get_logger()
SLICE = 4.0  # seconds of an attempt, after which other processes may go on
# Seconds that a transaction is to take. On SQLite whoever writes waits for it, on PostgreSQL who changes the
# same customers.
WANTED = {"sqlite": 0.03, "postgresql": 0.1}
SHORTEST = 0.001  # seconds
DEADLINE = 10.0
# For a batch. PostgreSQL has no statistics yet of tables that a file is just filling, and reads them whole to
# look for a few hundred keys.
BY_INDEX = text("SET LOCAL enable_seqscan = off")
TRIES = 3  # at a batch that fails though the store is there


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
            read, opened.ahead = opened.ahead, None
            if read is None:
                read = await self._threads.run(read_rows, opened, kind, row.mapping)
            verb = partial(_bring, row=row, kind=kind, opened=opened, read=read, clock=self._clock)
            write = self._store.write(verb, deadline=DEADLINE)
            # While PostgreSQL works, this process has time; on SQLite the two would be in each other's way.
            if self._store.dialect == "sqlite" or read.is_last:
                seconds = await write
            else:
                reading = self._threads.run(read_rows, opened, kind, row.mapping)
                seconds, opened.ahead = await asyncio.gather(write, reading)
        finally:
            if seconds is None:  # the rows that were read are not where the file is now
                self._close(row.id)
        if seconds is not None:
            opened.failures = 0
            _adapt(opened, len(read.rows), WANTED[self._store.dialect] / max(seconds, SHORTEST))

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
        opened = await self._threads.run_aside(open_file, self._context, row, file, currency)
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
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(BY_INDEX)
    wanted = kind.plan(session, read.records, opened.setting, opened.seen) if read.records else Plan()
    if read.records and not present.dry_run:
        kind.write(session, wanted, opened.setting, opened.seen)
    _count(session, present, wanted, [*read.faults, *wanted.faults])
    present.done += len(read.rows)
    present.skipped += read.empty
    if read.is_last:
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


def _adapt(opened: OpenFile, rows: int, longer: float) -> None:
    """How many rows are next, where a transaction may take so many times as long as the last."""
    opened.place += rows
    opened.batch = max(FEWEST, min(MOST, int(rows * min(longer, 2))))


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
