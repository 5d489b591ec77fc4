"""Checks on this machine: settings, store, disk, spool, signatures, operators, flows."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, make_url
from sqlmodel import Session, col, select

from callcrm import config
from callcrm.base.errors import Unavailable
from callcrm.cli.checks import together
from callcrm.cli.checks.contradictions import flow_doubts
from callcrm.cli.checks.result import CheckResult, not_checked, ok, wrong
from callcrm.cli.clock_and_threads import clock, threads
from callcrm.config import Settings
from callcrm.ivr.flows.configured import load_configured_flows
from callcrm.ivr.flows.model import FlowFault
from callcrm.ledger.dead_letters import DeadLetters
from callcrm.ledger.spool_file import SUFFIX
from callcrm.models import Job
from callcrm.store import migrate
from callcrm.store.migrations.schema import CORRUPT, RESTORE, SchemaFault, check_integrity
from callcrm.store.store import Store

MIN_FREE_BYTES = 10**9


def check_settings(_: Settings | None = None) -> Iterator[CheckResult]:
    """Whether settings are well formed, and `serve` has all it needs."""
    try:
        config.load_settings(to_serve=True)
    except config.SettingsFault as fault:
        for line in fault.lines:
            yield wrong("settings", line, "set it in the environment or in .env (README, Settings)")
    else:
        yield ok("settings", "read, and complete")


def check_store(settings: Settings) -> Iterator[CheckResult]:
    """Whether the store answers, has the newest schema and is whole."""
    if settings.on_sqlite and not Path(make_url(settings.database).database or "").exists():
        yield ok("store", "no SQLite file yet; `callcrm serve` makes it")
        return
    name = "SQLite" if settings.on_sqlite else "PostgreSQL"
    try:
        if not migrate.is_current(settings.database, clock):
            yield wrong("store", "the schema is old", "run `callcrm migrate`")
            return
        with migrate.connect(settings.database, clock) as connection:
            check_integrity(connection, thorough=True)
    except SchemaFault as fault:
        yield wrong("store", fault.cause, fault.remedy)
        return
    except Unavailable as error:
        corrupt = str(error) == CORRUPT
        yield wrong(
            "store", str(error), RESTORE if corrupt else "start the database, or mend CALLCRM_DATABASE_URL"
        )
        return
    yield ok("store", f"{name}, newest schema" + (", read whole" if settings.on_sqlite else ""))
    yield from _check_jobs(settings)


def _check_jobs(settings: Settings) -> Iterator[CheckResult]:
    """Whether no job has been given up."""
    store = Store(settings.database, clock, threads)
    try:
        dead_jobs = store.read_now(_dead_jobs)
    except Unavailable as error:
        yield not_checked("jobs", str(error))
        return
    finally:
        store.close()
    for kind, count in dead_jobs:
        cause = f"{count} of the kind {kind} were given up on"
        yield wrong("jobs", cause, "mend what the log says of them, then `callcrm dead-letters retry`")
    if not dead_jobs:
        yield ok("jobs", "none was given up on")


def _dead_jobs(session: Session) -> list[tuple[str, int]]:
    """The kinds of the jobs that were given up, with their numbers."""
    dead = select(Job.kind, func.count()).where(col(Job.dead_at).is_not(None)).group_by(Job.kind)
    return list(session.exec(dead.order_by(Job.kind)).all())


def _write_error(folder: Path) -> OSError | None:
    """Why no file can be written and synced in the folder, which is made if need be; None if it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"callcrm doctor")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error
    return None


def check_disk(settings: Settings) -> Iterator[CheckResult]:
    """Whether the data directory can be written and has room."""
    folder = settings.data_dir.absolute()
    if error := _write_error(folder):
        cause = f"{folder} can't be written ({error.strerror})"
        yield wrong(
            "data directory", cause, "give it to the user that runs callcrm, or mend CALLCRM_DATA_DIR"
        )
        return
    free = shutil.disk_usage(folder).free
    if free < MIN_FREE_BYTES:
        yield wrong("data directory", f"only {free // 10**6} MB are free", "make room: 1 GB at least")
    else:
        yield ok("data directory", f"{folder}, {free // 10**9} GB free")


def check_spool(settings: Settings) -> Iterator[CheckResult]:
    """Whether events can be spooled while the store is down, and none is waiting."""
    folder = settings.spool.absolute()
    if error := _write_error(folder):
        cause = f"{folder} can't be written ({error.strerror})"
        yield wrong("spool", cause, "give it to the user that runs callcrm")
        return
    # Read, not opened: a running server holds its file.
    try:
        waiting = sum(path.read_bytes().count(b"\n") for path in folder.glob(f"*{SUFFIX}"))
    except OSError as error:
        cause = f"{error.filename} can't be read ({error.strerror}), so the events in it wait"
        yield wrong("spool", cause, "give it to the user that runs callcrm")
        return
    if waiting:
        remedy = "mend the store and let `callcrm serve` run: it takes them in by itself"
        yield wrong("spool", f"{waiting} events wait for the store", remedy)
    else:
        yield ok("spool", "writable and empty")
    letters = DeadLetters(folder)
    if count := letters.count():
        remedy = "mend what `callcrm dead-letters list` says of them, then `callcrm dead-letters retry`"
        yield wrong("dead letters", f"{count} events or messages could not be taken in", remedy)
    if damaged := letters.count_damaged():
        remedy = "look at the disk; delete the file when nobody needs it any more, then `callcrm reconcile`"
        yield wrong("spool", f"{damaged} damaged lines are kept in {letters.quarantine}", remedy)


def check_flows(settings: Settings) -> Iterator[CheckResult]:
    """Whether every flow keeps the operator rule."""
    try:
        flows = load_configured_flows(settings)
    except FlowFault as fault:
        for line in fault.lines:
            yield wrong("flows", line, "mend the flow, then try it with `callcrm flows check`")
    else:
        for doubt in flow_doubts(settings, flows):
            yield wrong("settings", f"{doubt.variable} {doubt.cause}", doubt.remedy)
        yield ok("flows", f"{settings.flows}: every caller reaches a human")


CHECKS = (
    check_settings,
    check_store,
    check_disk,
    check_spool,
    *together.CHECKS,
    check_flows,
)
