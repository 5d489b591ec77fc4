"""Checks of files: the data directory, the spool, what others may read, and the files of the pages."""

import os
import pwd
import shlex
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from callcrm import env_file
from callcrm.base.files import OWNER_ONLY, bits_of_others, nearest_folder, write_fault
from callcrm.cli.checks import remedies
from callcrm.cli.checks.addresses import sqlite_file
from callcrm.cli.checks.result import CheckResult, ok, wrong
from callcrm.config import Settings
from callcrm.ledger.dead_letters import DeadLetters
from callcrm.ledger.spool_file import SUFFIX
from callcrm.paths import PACKAGE

MIN_FREE_BYTES = 10**9
DATA_DIR = "CALLCRM_DATA_DIR"
VENDOR = PACKAGE / "static" / "vendor"
FIRST_NAMED = 3


def check_data_dir(settings: Settings) -> Iterator[CheckResult]:
    """Whether the data directory can be written, or made, and has room."""
    folder = settings.data_dir.absolute()
    if error := write_fault(nearest_folder(folder)):
        yield wrong("data directory", remedies.cause(folder, error), remedies.remedy(error, DATA_DIR))
        return
    free = shutil.disk_usage(nearest_folder(folder)).free
    if free < MIN_FREE_BYTES:
        yield wrong("data directory", f"only {free // 10**6} MB are free", f"{remedies.ROOM}: 1 GB at least")
    else:
        yield ok("data directory", f"{folder}, {free // 10**9} GB free")


def check_spool(settings: Settings) -> Iterator[CheckResult]:
    """Whether events can be spooled while the store is down, and none is waiting."""
    folder = settings.spool.absolute()
    if error := write_fault(nearest_folder(folder)):
        yield wrong("spool", remedies.cause(folder, error), remedies.remedy(error, DATA_DIR))
        return
    # Read, not opened: a running server holds its file.
    try:
        waiting = sum(path.read_bytes().count(b"\n") for path in folder.glob(f"*{SUFFIX}"))
    except OSError as error:
        cause = f"{remedies.cause(error.filename, error, 'read')}, so the events in it wait"
        yield wrong("spool", cause, remedies.remedy(error, DATA_DIR))
        return
    if waiting:
        remedy = "mend the store and let `callcrm serve` run: it takes them in by itself"
        yield wrong("spool", f"{waiting} events wait for the store", remedy)
    else:
        yield ok("spool", "writable and empty")
    yield from _check_dead_letters(DeadLetters(folder))


def _check_dead_letters(letters: DeadLetters) -> Iterator[CheckResult]:
    if count := letters.count():
        remedy = "mend what `callcrm dead-letters list` says of them, then `callcrm dead-letters retry`"
        yield wrong("dead letters", f"{count} events or messages could not be taken in", remedy)
    if damaged := letters.count_damaged():
        remedy = "look at the disk; delete the file when nobody needs it any more, then `callcrm reconcile`"
        yield wrong("spool", f"{damaged} damaged lines are kept in {letters.quarantine}", remedy)


def check_readers(settings: Settings) -> Iterator[CheckResult]:
    """Whether files with personal data or secrets are readable by their owner alone, as we make them."""
    wide = [path for path in _private_paths(settings) if _is_open(path)]
    if wide:
        names = ", ".join(map(str, wide[:FIRST_NAMED])) + (", …" if len(wide) > FIRST_NAMED else "")
        yield wrong("readers", f"other users of this machine may read {names}", _to_close(_topmost(wide)))
    else:
        yield ok("readers", "only the owner may read what we keep")


def _topmost(paths: list[Path]) -> list[Path]:
    """The paths without those below another of them."""
    return [path for path in paths if not set(path.parents) & set(paths)]


def _to_close(paths: list[Path]) -> str:
    """The command after which only we may read the paths: what is another user's becomes ours, or we could
    read it no longer either.
    """
    names = " ".join(shlex.quote(str(path)) for path in paths)
    if all(path.stat().st_uid == os.geteuid() for path in paths):
        return f"chmod -R go= {names}"
    return f"chown -R {_user_name(os.geteuid())} {names} && chmod -R go= {names}"


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _private_paths(settings: Settings) -> list[Path]:
    data = settings.data_dir.absolute()
    paths = [env_file.NAME.absolute(), data, *(data / name for name in ("spool", "incoming", "recordings"))]
    if database := sqlite_file(settings):
        paths += [database.with_name(database.name + log) for log in ("", "-wal", "-shm")]
    if settings.recordings.startswith("file://"):
        paths.append(Path(settings.recordings.removeprefix("file://")))
    return list(dict.fromkeys(path for path in paths if path.exists()))


def _is_open(path: Path) -> bool:
    """Whether others may read it, and pass every folder above it. Of a folder that may be passed, but not
    listed, only what is in it counts.
    """
    if not bits_of_others(path) & (0o066 if path.is_dir() else OWNER_ONLY):
        return False
    return all(bits_of_others(folder) & (stat.S_IXGRP | stat.S_IXOTH) for folder in path.parents)


def check_front_end(_: Settings) -> Iterator[CheckResult]:
    """Whether the pages' scripts and fonts of others are there, which a checkout gets at set-up."""
    if VENDOR.is_dir() and any(VENDOR.iterdir()):
        yield ok("front-end files", "there")
    else:
        yield wrong("front-end files", f"{VENDOR} is empty, so no page works", "run `make runtime`")


CHECKS = (check_data_dir, check_spool, check_readers, check_front_end)
