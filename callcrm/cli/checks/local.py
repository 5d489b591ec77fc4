"""Checks on this machine: settings, store, files, flows."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, make_url
from sqlmodel import Session, col, select

from callcrm import config
from callcrm.base.errors import Unavailable
from callcrm.cli.checks import files, together
from callcrm.cli.checks.contradictions import flow_doubts
from callcrm.cli.checks.result import CheckResult, not_checked, ok, wrong
from callcrm.cli.clock_and_threads import clock, threads
from callcrm.config import Settings
from callcrm.ivr.flows.configured import load_configured_flows
from callcrm.ivr.flows.model import FlowFault
from callcrm.models import Job
from callcrm.store import migrate
from callcrm.store.migrations.schema import CORRUPT, RESTORE, SchemaFault, check_integrity
from callcrm.store.store import Store


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
    *files.CHECKS,
    *together.CHECKS,
    check_flows,
)
