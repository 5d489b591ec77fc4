"""Spooled records that could not be taken in: they stay on the disk until they can. Nothing that was
acknowledged is ever deleted.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from callcrm.base.files import fsync
from callcrm.ledger import spool_file
from callcrm.ledger.spool_file import QUARANTINE, Record

FILE = "dead.lines"
LOCK = "dead.lock"
ERROR, AT = "error", "failed_at"  # what a dead letter has beside its record


class DeadLetters:
    """The dead letters in the folder of a spool, shared by its processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE
        self.quarantine = folder / QUARANTINE

    def add(self, records: Sequence[Record]) -> None:
        """Keeps the records durably; OSError where the disk can't."""
        if records:
            with self._locked():
                _write(self._path, "ab", [spool_file.encode(record) for record in records])
                fsync(self._folder)

    def count(self) -> int:
        """How many there are."""
        return spool_file.count_lines(self._path)

    def count_damaged(self) -> int:
        """How many lines of the spool were found damaged: there is nothing in them to take in."""
        return spool_file.count_lines(self.quarantine)

    def records(self) -> list[Record]:
        """The records, oldest first; without those whose line is damaged."""
        return [record for line in self._lines() if (record := spool_file.decode(line)) is not None]

    def retry(self, take_in: Callable[[Record], bool]) -> int:
        """How many were taken in: those for which `take_in` was true. The others stay, also if it raises."""
        with self._locked():
            lines, left, tried = self._lines(), [], 0
            try:
                for line in lines:
                    record = spool_file.decode(line)
                    if record is None or not take_in(record):
                        left.append(line)
                    tried += 1
            finally:
                before = self.count()
                self._replace([*left, *lines[tried:]])
            return before - len(left)

    def _lines(self) -> list[bytes]:
        try:
            return self._path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []

    def _replace(self, lines: Sequence[bytes]) -> None:
        """In one step: whoever is killed here finds the old file, and takes some in once more."""
        fresh = self._path.with_suffix(".new")
        _write(fresh, "wb", lines)
        fresh.rename(self._path)
        fsync(self._folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._folder / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _write(path: Path, mode: str, lines: Sequence[bytes]) -> None:
    with path.open(mode) as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
