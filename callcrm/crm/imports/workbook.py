"""A workbook unpacked as CSV, in a process of its own, which is this module run as a program.

The table of a sheet is as large as its farthest cell says, and what is packed into a file may be a thousand
times its size: a file that was made for it would take the memory of whoever reads it. Here it takes that of
a process which may not have much, and may end.
"""

import csv
import io
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time
from itertools import islice
from tempfile import TemporaryFile
from typing import IO
from zipfile import BadZipFile, ZipFile

from callcrm.base.errors import Refused, TooLarge
from callcrm.lazy import python_calamine

MOST_COLUMNS = 200
# Of a workbook's sheets once unpacked, as it says itself: they are read whole.
MOST_UNPACKED = 400 << 20
MOST_MEMORY, MOST_WRITTEN = 2 << 30, 1 << 30  # bytes
MOST_SECONDS = 120
UNREADABLE = 3
LIMITS = (
    (resource.RLIMIT_AS, MOST_MEMORY),
    (resource.RLIMIT_FSIZE, MOST_WRITTEN),
    (resource.RLIMIT_CPU, MOST_SECONDS),
    (resource.RLIMIT_CORE, 0),
)


def unpacked(file: IO[bytes], most: int | None = None) -> IO[bytes]:
    """The first sheet as CSV in UTF-8, at most so many of its rows; whoever asked for it closes it.

    Refused for a file that can't be read, TooLarge for one that takes too much to read.
    """
    _check_size(file)
    file.flush()
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    plain: IO[bytes] = TemporaryFile()  # noqa: SIM115  # whoever asked for it closes it
    command = [sys.executable, "-I", "-m", __name__, str(most or 0)]
    try:
        status = subprocess.run(  # noqa: S603  # ourselves
            command,
            stdin=file,
            stdout=plain,
            stderr=subprocess.DEVNULL,
            timeout=2 * MOST_SECONDS,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        status = -1
    if status == 0:
        plain.seek(0)
        return plain
    plain.close()
    if status == UNREADABLE:
        raise _unreadable()
    raise _too_large()


def _check_size(file: IO[bytes]) -> None:
    try:
        with ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (BadZipFile, OSError, ValueError):
        raise _unreadable() from None
    if size > MOST_UNPACKED:
        raise _too_large()


def _unreadable() -> Refused:
    return Refused("The Excel workbook can’t be read.", field="file")


def _too_large() -> TooLarge:
    return TooLarge("The Excel workbook is too large. Save it as CSV, which may have any number of rows.")


def main(arguments: Sequence[str]) -> int:
    """Writes the rows to the standard output; the process's exit status."""
    for kind, most in LIMITS:
        with suppress(ValueError, OSError):  # not every system has each
            resource.setrlimit(kind, (most, most))
    most_rows = int(arguments[0]) or None
    out = io.TextIOWrapper(sys.stdout.buffer, "utf-8", newline="")
    try:
        sheet = python_calamine.CalamineWorkbook.from_filelike(sys.stdin.buffer).get_sheet_by_index(0)
        rows = islice(sheet.iter_rows(), most_rows)
        csv.writer(out).writerows([_cell(value) for value in row[:MOST_COLUMNS]] for row in rows)
        out.flush()
    except python_calamine.CalamineError:
        return UNREADABLE
    return 0


def _cell(value: object) -> str:
    """A cell of a workbook as text that reads as what it is, whatever the language of its reader."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        # With six decimals a point can't be taken for one between thousands.
        return str(int(value)) if value.is_integer() else f"{value:.6f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
