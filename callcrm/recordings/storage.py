"""Where recordings are stored: a folder or an S3-compatible bucket, under random names."""

import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from callcrm.base.errors import NotFound, Unavailable

NAME = re.compile(r"[0-9a-f]{32}")


class StorageDown(Unavailable):
    """The storage can't be reached or is full; nothing is lost, the carrier still has the recording."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A stored recording: its length in bytes, and an ETag that changes if its bytes ever do."""

    name: str
    size: int
    etag: str
    modified: datetime


class Storage(Protocol):
    """Stores recordings. Any name it did not give out is NotFound, whatever it looks like."""

    def scratch(self) -> Path:
        """A folder for files to be stored; nobody is served from it."""

    async def put(self, file: Path) -> str:
        """The random name under which the file is now stored, durably; the file itself is gone."""

    async def describe(self, name: str) -> StoredFile:
        """Length and ETag of a stored recording."""

    def local_path(self, name: str) -> Path | None:
        """The stored file itself where it is on this machine's disk, else None."""

    def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes `start` to `end` (exclusive) in chunks."""

    async def delete(self, name: str) -> None:
        """Deletes a recording; one that is not there is no error."""

    def files(self) -> AsyncIterator[StoredFile]:
        """Everything stored, in no order."""

    async def discard_scratch(self, before: datetime) -> int:
        """Deletes files in the scratch folder last written before then and returns how many."""


def new_name() -> str:
    """A random name, 128 bits in hex: it tells nothing and can't be guessed."""
    return secrets.token_hex(16)


def valid_name(name: str) -> str:
    """The name, or NotFound if it can't be one of ours: so no path ever comes from outside."""
    if not NAME.fullmatch(name):
        raise NotFound("no such recording")
    return name
