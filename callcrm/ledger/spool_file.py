"""A file of the spool: lines of checksum and JSON, and a lock the kernel takes back when its owner dies."""

import errno
import fcntl
import json
import os
import secrets
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callcrm.base.errors import Unavailable
from callcrm.base.files import fsync

Record = dict[str, Any]
SUFFIX = ".spool"
QUARANTINE = "quarantine.lines"
NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class SpoolDown(Unavailable):
    """The record could not be made durable."""


class SpoolFull(SpoolDown):
    """There is no room for the record."""


def spool_error(error: OSError) -> SpoolDown:
    """The disk's error as the spool's: SpoolFull where there is no room, else SpoolDown."""
    if error.errno in NO_SPACE:
        return SpoolFull("The spool's disk is full.")
    return SpoolDown(f"The spool can't be used: {errno.errorcode.get(error.errno or 0, 'unknown error')}.")


def encode(record: Record) -> bytes:
    """A record as a line."""
    body = json.dumps(record, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def decode(line: bytes) -> Record | None:
    """The record of a line, or None where the line is damaged."""
    checksum, _, body = line.rstrip(b"\n").partition(b" ")
    if checksum != b"%08x" % zlib.crc32(body):
        return None
    try:
        record = json.loads(body)
    except ValueError:  # another program wrote it, or an editor
        return None
    return record if isinstance(record, dict) else None


@dataclass(slots=True, eq=False)
class SpoolFile:
    """An open, locked file, with its size in bytes and the records in it."""

    path: Path
    descriptor: int
    size: int = 0
    records: int = 0
    damaged: list[bytes] = field(default_factory=list)
    dead: list[Record] = field(default_factory=list)

    def write(self, lines: list[bytes]) -> None:
        """Appends the lines durably; after an OSError nobody knows which, and the file takes no more."""
        data = b"".join(lines)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]
        os.fdatasync(self.descriptor)
        self.size += len(data)
        self.records += len(lines)

    def batches(self, length: int) -> Iterator[list[Record]]:
        """Its records in order; damaged lines are put aside, a torn tail was never acknowledged."""
        self.damaged, self.dead = [], []
        batch: list[Record] = []
        with self.path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                record = decode(line)
                if record is None:
                    self.damaged.append(line)
                    continue
                batch.append(record)
                if len(batch) == length:
                    yield batch
                    batch = []
        if batch:
            yield batch

    def remove(self) -> int:
        """Deletes the file once all is consumed; returns how many damaged lines went to quarantine."""
        if self.damaged:
            with (self.path.parent / QUARANTINE).open("ab") as quarantine:
                quarantine.writelines(self.damaged)
                quarantine.flush()
                os.fsync(quarantine.fileno())
        self.path.unlink()
        fsync(self.path.parent)
        self.close()
        return len(self.damaged)

    def close(self) -> None:
        """Lets go of the file and its lock, for other processes to take over."""
        os.close(self.descriptor)


def create(folder: Path, number: int) -> SpoolFile:
    """A new file of our own; it gets its name only once it is locked, so that nobody takes it over."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{number:020d}-{secrets.token_hex(4)}{SUFFIX}"
    unnamed = path.with_suffix(".new")
    descriptor = os.open(unnamed, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        unnamed.rename(path)
        fsync(folder)  # else a power cut could take the file's name with it
    except OSError:
        os.close(descriptor)
        raise
    return SpoolFile(path, descriptor)


def take_over(path: Path) -> SpoolFile | None:
    """The file, if its owner is dead and nobody else was faster; OSError where it can't be opened."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # between open and lock its owner may have replayed and deleted it
        if not path.exists() or path.stat().st_ino != os.fstat(descriptor).st_ino:
            raise BlockingIOError
    except BlockingIOError:
        os.close(descriptor)
        return None
    return SpoolFile(path, descriptor, path.stat().st_size, count_lines(path))


def count_lines(path: Path) -> int:
    """How many whole lines the file has; none if it was just deleted, or can't be read."""
    try:
        with path.open("rb") as lines:
            return sum(1 for line in lines if line.endswith(b"\n"))
    except OSError:
        return 0
