"""Checks of the store: that it answers, takes writes, is whole and of our schema, and what jobs left."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from callcrm.base.errors import Unavailable
from callcrm.base.files import nearest_folder, write_fault
from callcrm.cli.checks import business, remedies
from callcrm.cli.checks.addresses import sqlite_file
from callcrm.cli.checks.result import CheckResult, not_checked, ok, wrong
from callcrm.cli.clock_and_threads import clock, threads
from callcrm.config import Settings
from callcrm.jobs.periodic import PREFIX as PERIODIC
from callcrm.models import Job
from callcrm.store import migrate
from callcrm.store.errors import READ_ONLY, StoreDown
from callcrm.store.migrations.schema import RESTORE, SchemaFault, check_integrity
from callcrm.store.store import Store

URL = "CALLCRM_DATABASE_URL"
# By a part of StoreDown's text.
REMEDIES = {
    "corrupt": RESTORE,
    "is no SQLite file": f"mend {URL}, or {RESTORE}",
    "read-only": "let the user that runs callcrm write the file and its folder, or make the server writable",
    "full disk": remedies.ROOM,
    "can't be opened": f"mend {URL}, or {remedies.RIGHTS}",
    "may not be opened": remedies.RIGHTS,
    "locked": "end the other program that holds the file",
    "disk error": "the disk fails: replace it, and restore a backup",
    "refuses connections": f"start PostgreSQL, or mend host and port in {URL}",
    "no socket": f"start PostgreSQL, or mend the folder of its socket in {URL}",
    "without an address": f"mend the host name in {URL}, or the DNS entry",
    "user or password": f"mend user and password in {URL}",
    "to our database": "allow them (ALTER DATABASE … ALLOW_CONNECTIONS true)",
    "another database only": f"let the user connect (GRANT CONNECT ON DATABASE), or mend {URL}",
    "no such database": f"make it (createdb), or mend its name in {URL}",
    "pg_hba": "let PostgreSQL admit this host and user (pg_hba.conf)",
    "no connection free": "raise max_connections, or end other programs' connections",
    "in time": "look at the network and firewall between here and PostgreSQL, and at its load",
    "TLS": f"mend sslmode in {URL}, or name the certificates in SSL_CERT_FILE",
    "starting or stopping": "wait until PostgreSQL is up, then try again",
}
OTHER = f"start the database, or mend {URL}"


def check_store(settings: Settings) -> Iterator[CheckResult]:
    """Whether the store answers, takes writes, has the newest schema and is whole."""
    path = sqlite_file(settings)
    if path and (error := write_fault(nearest_folder(path.parent))):
        yield wrong("store", remedies.cause(path.parent, error), remedies.remedy(error, URL))
        return
    if path and not path.exists():
        yield ok("store", f"no file yet at {path}; `callcrm serve` makes it")
        return
    try:
        fault = _fault(settings)
    except SchemaFault as error:
        fault = wrong("store", error.cause, error.remedy)
    except Unavailable as error:
        fault = wrong("store", str(error), remedy(error))
    yield fault or ok("store", "SQLite, newest schema, read whole" if path else "PostgreSQL, newest schema")
    if not fault:
        yield from _check_jobs(settings)


def remedy(fault: Unavailable) -> str:
    """What to do about the fault of a store."""
    return next((text for part, text in REMEDIES.items() if part in str(fault)), OTHER)


def _fault(settings: Settings) -> CheckResult | None:
    if not migrate.is_current(settings.database, clock):
        return wrong("store", "the schema is old", "run `callcrm migrate`")
    with migrate.connect(settings.database, clock) as connection:
        check_integrity(connection, thorough=True)
        _check_writable(connection.connection.driver_connection, settings)
    return None


def _check_writable(driver: Any, settings: Settings) -> None:
    if settings.on_sqlite:
        driver.execute("BEGIN IMMEDIATE")
        driver.execute("ROLLBACK")
    elif driver.execute("SHOW transaction_read_only").fetchone()[0] == "on":
        raise StoreDown(READ_ONLY)


def _check_jobs(settings: Settings) -> Iterator[CheckResult]:
    """Whether no job has been given up."""
    store = Store(settings.database, clock, threads)
    try:
        dead_jobs, failing = store.read_now(_dead_jobs), store.read_now(_failing_duties)
        unreadable = store.read_now(business.unreadable_settings)
    except Unavailable as error:
        yield not_checked("jobs", str(error))
        return
    finally:
        store.close()
    for kind, count in dead_jobs:
        cause = f"{count} of the kind {kind} were given up on"
        yield wrong("jobs", cause, "mend what the log says of them, then `callcrm dead-letters retry`")
    for name, fault in failing:
        yield wrong("jobs", f"“{name}” failed the last time ({fault})", "mend what the log says of it")
    if not dead_jobs and not failing:
        yield ok("jobs", "none was given up on")
    for name in unreadable:
        cause = f"“{name}” makes no sense to this version, so its default counts"
        yield wrong("business settings", cause, "save it anew under Settings, or restore a backup")


def _dead_jobs(session: Session) -> list[tuple[str, int]]:
    """The kinds of the jobs that were given up, with their numbers."""
    dead = select(Job.kind, func.count()).where(col(Job.dead_at).is_not(None)).group_by(Job.kind)
    return list(session.exec(dead.order_by(Job.kind)).all())


def _failing_duties(session: Session) -> list[tuple[str, str]]:
    """The periodic jobs whose last run failed, each with the error."""
    failed = select(Job.kind, col(Job.last_error)).where(
        col(Job.kind).startswith(PERIODIC), col(Job.last_error).is_not(None), col(Job.done_at).is_(None)
    )
    rows = session.exec(failed.order_by(Job.kind)).all()
    return [(kind.removeprefix(PERIODIC), error or "") for kind, error in rows]


CHECKS = (check_store,)
