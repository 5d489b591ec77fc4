"""Where recordings are kept: a folder or an S3-compatible bucket, under names that tell nothing."""

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
    """The keeping of recordings can't be reached or is full; the carrier still has what it had."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a kept recording: its length, and a tag that changes if its bytes ever do."""

    name: str
    size: int
    etag: str
    modified: datetime


class Storage(Protocol):
    """The keeping of recordings. Any name it did not give out is NotFound, whatever it looks like."""

    def scratch(self) -> Path:
        """A folder for files on their way in; nobody is served from it."""

    async def put(self, file: Path) -> str:
        """The random name under which the file is now kept, durably; the file is gone."""

    async def describe(self, name: str) -> Stored:
        """Length and tag of a kept recording."""

    def local_path(self, name: str) -> Path | None:
        """The kept file itself where it is on this machine's disk."""

    def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes `start` to `end` (exclusive) in pieces."""

    async def delete(self, name: str) -> None:
        """Keep it no longer; nothing happens if it is gone already."""

    def names(self) -> AsyncIterator[Stored]:
        """Everything kept, in no order."""

    async def discard_scratch(self, before: datetime) -> int:
        """Drop files on their way in that nobody has touched since; how many."""


def new_name() -> str:
    """A name nobody can guess."""
    return secrets.token_hex(16)


def checked(name: str) -> str:
    """The name if it can be one of ours, else NotFound: no path ever comes from outside."""
    if not NAME.fullmatch(name):
        raise NotFound("no such recording")
    return name
