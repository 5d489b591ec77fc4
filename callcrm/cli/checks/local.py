"""Checks that need nobody else: settings, store, disk, spool, signatures, operators, flows."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, make_url
from sqlmodel import Session, col, select

from callcrm import config
from callcrm.base.errors import Unavailable
from callcrm.carrier import signature
from callcrm.carrier.form import Form
from callcrm.cli.checks.result import Finding, fine, unseen, wrong
from callcrm.cli.machine import clock, threads
from callcrm.config import Settings
from callcrm.ivr.flows.loader import FlowFault, load_flows
from callcrm.ledger.spool_file import SUFFIX
from callcrm.models import Job
from callcrm.store import migrate
from callcrm.store.store import Store

LEAST_FREE = 10**9


def settings_needed(_: Settings | None = None) -> Iterator[Finding]:
    """Whether settings are well formed, and `serve` has all it needs."""
    try:
        config.load_settings(to_serve=True)
    except config.SettingsFault as fault:
        for line in fault.lines:
            yield wrong("settings", line, "set it in the environment or in .env (README, Settings)")
    else:
        yield fine("settings", "read, and complete")


def store(settings: Settings) -> Iterator[Finding]:
    """Whether the store answers and has the newest schema."""
    if settings.on_sqlite and not Path(make_url(settings.database).database or "").exists():
        yield fine("store", "no SQLite file yet; `callcrm serve` makes it")
        return
    try:
        newest = migrate.is_current(settings.database, clock)
    except Unavailable as fault:
        yield wrong("store", str(fault), "start the database, or mend CALLCRM_DATABASE_URL")
        return
    if newest:
        yield fine("store", f"{'SQLite' if settings.on_sqlite else 'PostgreSQL'}, newest schema")
        yield from _jobs(settings)
    else:
        yield wrong("store", "the schema is old", "run `callcrm migrate`")


def _jobs(settings: Settings) -> Iterator[Finding]:
    """Whether all later work gets done."""
    opened = Store(settings.database, clock, threads)
    try:
        given_up = opened.read_now(_given_up)
    except Unavailable as fault:
        yield unseen("jobs", str(fault))
        return
    finally:
        opened.close()
    for kind, count in given_up:
        cause = f"{count} of the kind {kind} were given up on"
        yield wrong("jobs", cause, "mend what the log says of them, then `callcrm reconcile`")
    if not given_up:
        yield fine("jobs", "none was given up on")


def _given_up(session: Session) -> list[tuple[str, int]]:
    dead = select(Job.kind, func.count()).where(col(Job.dead_at).is_not(None)).group_by(Job.kind)
    return list(session.exec(dead.order_by(Job.kind)).all())


def _written(folder: Path) -> OSError | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"callcrm doctor")
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        return fault
    return None


def disk(settings: Settings) -> Iterator[Finding]:
    """Whether the data directory can be written and has room."""
    folder = settings.data_dir.absolute()
    if fault := _written(folder):
        cause = f"{folder} can't be written ({fault.strerror})"
        yield wrong(
            "data directory", cause, "give it to the user that runs callcrm, or mend CALLCRM_DATA_DIR"
        )
        return
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        yield wrong("data directory", f"only {free // 10**6} MB are free", "make room: 1 GB at least")
    else:
        yield fine("data directory", f"{folder}, {free // 10**9} GB free")


def spool(settings: Settings) -> Iterator[Finding]:
    """Whether events can be kept while the store is away, and none is waiting."""
    folder = settings.spool.absolute()
    if fault := _written(folder):
        cause = f"{folder} can't be written ({fault.strerror})"
        yield wrong("spool", cause, "give it to the user that runs callcrm")
        return
    # Read, not opened: a running server holds its file.
    waiting = sum(path.read_bytes().count(b"\n") for path in folder.glob(f"*{SUFFIX}"))
    if waiting:
        mend = "mend the store and let `callcrm serve` run: it takes them in by itself"
        yield wrong("spool", f"{waiting} events wait for the store", mend)
    else:
        yield fine("spool", "writable and empty")


def signatures(settings: Settings) -> Iterator[Finding]:
    """Whether our own signature passes our own check, and another's does not."""
    base = settings.public_url or "http://127.0.0.1:8000"
    path, form = (
        "/webhooks/twilio/status?a=1&b=%20",
        Form([("CallSid", "CA" + "0" * 32), ("CallStatus", "busy")]),
    )
    for name, token in zip(
        ("TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN_SECONDARY"), settings.auth_tokens, strict=False
    ):
        good, other = (signature.sign(base + path, form, key) for key in (token, token + "x"))
        passed = [signature.verify(base, path, form, given, [token]) for given in (good, other, None)]
        if passed == [True, False, False]:
            yield fine("signatures", f"made and checked with {name}")
        else:
            yield wrong(
                "signatures", f"{name} does not check what it signed", "set it to the carrier's token"
            )
    if settings.signatures == "observe":
        cause = "signatures that do not fit are only counted (CALLCRM_SIGNATURES=observe)"
        yield wrong("signatures", cause, "set CALLCRM_SIGNATURES=enforce once the count stays at 0")


def operators(settings: Settings) -> Iterator[Finding]:
    """Whether the humans of last resort can be rung without ringing ourselves."""
    looped = [one for one in settings.operator_numbers if one in settings.numbers]
    if looped:
        cause = f"CALLCRM_OPERATOR_NUMBER has {', '.join(looped)}, which is one of CALLCRM_NUMBERS"
        yield wrong("operators", cause, "name a phone that a human answers, not a line that leads back here")
    elif settings.operator_numbers:
        yield fine("operators", f"{len(settings.operator_numbers)} set")


def flows(settings: Settings) -> Iterator[Finding]:
    """Whether every flow keeps the operator rule."""
    try:
        load_flows(settings.flows, settings.zone)
    except FlowFault as broken:
        for line in broken.lines:
            yield wrong("flows", line, "mend the flow, then try it with `callcrm flows check`")
    else:
        yield fine("flows", f"{settings.flows}: every caller reaches a human")


ALL = (settings_needed, store, disk, spool, signatures, operators, flows)
