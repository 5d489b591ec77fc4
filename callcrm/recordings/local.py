"""Recordings in a folder of this machine: written whole, synced, then renamed into place."""

import os
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

from callcrm.base.errors import NotFound
from callcrm.base.threads import Threads
from callcrm.recordings.storage import NAME, StorageDown, Stored, checked, new_name

INCOMING = "incoming"
PIECE = 256 * 1024


class LocalStorage:
    """A folder with one file a recording, and a folder beside them for what is on its way in."""

    def __init__(self, folder: Path, threads: Threads) -> None:
        self._threads = threads
        self._folder = folder
        self._incoming = folder / INCOMING

    def scratch(self) -> Path:
        """The folder for files on their way in, on the same disk so that a rename suffices."""
        try:
            self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as fault:
            raise StorageDown(f"the recordings folder can't be made ({fault.strerror})") from None
        return self._incoming

    async def put(self, file: Path) -> str:
        """The random name of the file, whose bytes and name have both reached the disk."""
        return await self._threads.run(self._put, file)

    def _put(self, file: Path) -> str:
        name = new_name()
        try:
            _sync(file)
            file.rename(self._folder / name)
            _sync(self._folder)
        except OSError as fault:
            raise StorageDown(f"the recordings folder can't be written ({fault.strerror})") from None
        return name

    async def describe(self, name: str) -> Stored:
        """Length and tag of a kept recording."""
        return await self._threads.run(_describe, self._folder / checked(name))

    def local_path(self, name: str) -> Path | None:
        """The kept file itself."""
        file = self._folder / checked(name)
        _describe(file)
        return file

    async def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes of a kept recording in pieces."""
        await self.describe(name)
        pieces = _pieces(self._folder / name, start, end)
        while piece := await self._threads.run(next, pieces, b""):
            yield piece

    async def delete(self, name: str) -> None:
        """Remove a recording's file."""
        await self._threads.run((self._folder / checked(name)).unlink, True)  # or it is gone already

    async def names(self) -> AsyncIterator[Stored]:
        """Every kept file."""
        for file in await self._threads.run(_files, self._folder):
            if NAME.fullmatch(file.name):
                yield await self._threads.run(_describe, file)

    async def discard_scratch(self, before: datetime) -> int:
        """Remove half files that a killed process left."""
        return await self._threads.run(discard, self._incoming, before)


def _describe(file: Path) -> Stored:
    try:
        found = file.lstat()
    except FileNotFoundError:
        raise NotFound("no such recording") from None
    except OSError as fault:
        raise StorageDown(f"the recordings folder can't be read ({fault.strerror})") from None
    if not stat.S_ISREG(found.st_mode):
        raise NotFound("no such recording")
    modified = datetime.fromtimestamp(found.st_mtime, UTC)
    return Stored(file.name, found.st_size, f'"{file.name}-{found.st_size:x}"', modified)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _files(folder: Path) -> list[Path]:
    return (
        [entry for entry in folder.iterdir() if entry.is_file() and not entry.is_symlink()]
        if folder.is_dir()
        else []
    )


def _pieces(file: Path, start: int, end: int | None) -> Iterator[bytes]:
    with file.open("rb") as handle:
        handle.seek(start)
        left = None if end is None else end - start
        while piece := handle.read(PIECE if left is None else max(0, min(PIECE, left))):
            left = None if left is None else left - len(piece)
            yield piece


def discard(folder: Path, before: datetime) -> int:
    """Remove the folder's files that were last written before then; how many."""
    count = 0
    for file in _files(folder):
        try:
            if file.stat().st_mtime < before.timestamp():
                file.unlink()
                count += 1
        except FileNotFoundError:
            continue  # whoever wrote it has just finished
    return count
