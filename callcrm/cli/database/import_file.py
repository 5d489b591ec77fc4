"""`callcrm import`: brings a file in, with a progress bar. A server beside it may take part."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from callcrm import config
from callcrm.base.clock import Clock
from callcrm.base.errors import Refused
from callcrm.base.threads import Threads
from callcrm.calls.runtime import CallRuntime, build_runtime
from callcrm.cli.clock_and_threads import clock, threads
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_data, print_message
from callcrm.cli.prerequisites import open_store
from callcrm.config import Settings
from callcrm.crm.import_kind import ImportKind
from callcrm.crm.imports import imports, taking
from callcrm.crm.imports.running import Importer
from callcrm.crm.seams import SEAMS, Seams
from callcrm.ivr.flows.configured import load_configured_flows
from callcrm.jobs.handlers import go_on, leases
from callcrm.jobs.runner import Runner
from callcrm.models.crm.file_import import FileImport, ImportFault, ImportState
from callcrm.store.store import Store

LOOK_EVERY = 0.2  # seconds
BAR = 30  # letters
SHOWN = 20  # faults
app = command_group()


@dataclass(frozen=True)
class Context:
    """What an import works with, outside a server."""

    settings: Settings
    clock: Clock
    threads: Threads
    store: Store
    runtime: CallRuntime
    seams: Seams = SEAMS


@app.command("import")
def import_file(
    kind: Annotated[str, typer.Argument(help="What is in it: customers, purchases.")],
    file: Annotated[Path, typer.Argument(help="CSV, or an Excel workbook (.xlsx).")],
    columns: Annotated[
        list[str] | None, typer.Option("--map", metavar="COLUMN=FIELD", help="Which column is which field.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
) -> None:
    """Bring a file in. What is wrong is said by row and column; the rest goes in."""
    kinds = SEAMS.import_kinds
    if kind not in kinds:
        raise typer.BadParameter(f"there are {', '.join(kinds)}", param_hint="KIND")
    mapping = dict(map(_pair, columns)) if columns else None
    settings = config.load_settings()
    with open_store(settings) as store:
        runtime = build_runtime(settings, load_configured_flows(settings))
        context = Context(settings, clock, threads, store, runtime)
        row, faults = asyncio.run(_bring(context, kinds[kind], file, mapping, dry_run))
    _print(row, faults)


def _pair(text: str) -> tuple[str, str]:
    column, sign, name = text.rpartition("=")
    if not sign or not column:
        raise typer.BadParameter(f"{text} is not COLUMN=FIELD", param_hint="--map")
    return column, name


async def _bring(
    context: Context, kind: ImportKind, file: Path, mapping: Mapping[str, str] | None, dry_run: bool
) -> tuple[FileImport, Sequence[ImportFault]]:
    runner = Runner(
        context.store,
        {imports.JOB: partial(go_on, Importer(context).run)},
        context.clock,
        leases=leases(context.seams),
    )
    try:
        content = file.open("rb")
    except OSError as fault:
        raise Refused(f"{file} can't be read ({fault.strerror})") from None
    with content:
        if content.seek(0, 2) > imports.MOST_BYTES:
            raise Refused(f"{file} is larger than {imports.MOST_BYTES >> 20} MB")
        new = taking.NewImport(kind, file.name, by=None, mapping=mapping, dry_run=dry_run)
        row = await taking.take(context, content, new)
    running = asyncio.create_task(runner.run())
    try:
        return await _watched(context, row.id)
    finally:
        await runner.stop()
        await running


async def _watched(context: Context, import_id: str) -> tuple[FileImport, Sequence[ImportFault]]:
    get = partial(imports.get, import_id=import_id)
    while True:
        row = await context.store.read(get)
        _draw(row)
        if row.state in imports.OVER:
            break
        await context.clock.sleep(LOOK_EVERY)
    return row, await context.store.read(partial(imports.faults_of, import_id=import_id, limit=SHOWN))


def _draw(row: FileImport) -> None:
    if not sys.stderr.isatty():
        return
    done = BAR * row.done // max(row.rows, 1)
    ends = "\n" if row.state in imports.OVER else ""
    sys.stderr.write(f"\r[{'#' * done}{'.' * (BAR - done)}] {row.done} of {row.rows} rows{ends}")
    sys.stderr.flush()


def _print(row: FileImport, faults: Sequence[ImportFault]) -> None:
    for fault in faults:
        print_message(f"row {fault.row}, {fault.column or 'row'}: {fault.message % fault.values}")
    if row.faults > len(faults):
        print_message(f"… and {row.faults - len(faults)} more")
    for name in ("created", "changed", "skipped", "faults"):
        print_data(f"{name}: {getattr(row, name)}")
    print_data(f"import: {row.id}")
    if row.state != ImportState.DONE:
        raise Refused(row.failure or "the import was undone meanwhile")
