"""Recordings in a folder of this machine: written whole, synced, then renamed into place."""

import stat
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

from callcrm.base.errors import NotFound
from callcrm.base.files import fsync
from callcrm.base.threads import Threads
from callcrm.recordings.storage import NAME, StorageDown, StoredFile, new_name, valid_name

INCOMING = "incoming"
CHUNK_SIZE = 256 * 1024


class LocalStorage:
    """A folder with one file per recording, and in it a scratch folder for files not stored yet."""

    def __init__(self, folder: Path, threads: Threads) -> None:
        self._threads = threads
        self._folder = folder
        self._incoming = folder / INCOMING

    def scratch(self) -> Path:
        """The scratch folder, on the same disk, so that storing a file is an atomic rename."""
        try:
            self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as fault:
            raise StorageDown(f"the recordings folder can't be made ({fault.strerror})") from None
        return self._incoming

    async def put(self, file: Path) -> str:
        """The random name of the file, once its bytes and its name have both reached the disk."""
        return await self._threads.run(self._put, file)

    def _put(self, file: Path) -> str:
        name = new_name()
        try:
            fsync(file)
            file.rename(self._folder / name)
            fsync(self._folder)
        except OSError as fault:
            raise StorageDown(f"the recordings folder can't be written ({fault.strerror})") from None
        return name

    async def describe(self, name: str) -> StoredFile:
        """Length and ETag of a stored recording; NotFound if it is not stored."""
        return await self._threads.run(_describe, self._folder / valid_name(name))

    def local_path(self, name: str) -> Path | None:
        """The stored file itself; NotFound if it is not stored."""
        file = self._folder / valid_name(name)
        _describe(file)
        return file

    async def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes `start` to `end` (exclusive) in chunks."""
        await self.describe(name)
        chunks = _chunks(self._folder / name, start, end)
        while chunk := await self._threads.run(next, chunks, b""):
            yield chunk

    async def delete(self, name: str) -> None:
        """Deletes a recording; one that is not there is no error."""
        await self._threads.run((self._folder / valid_name(name)).unlink, True)  # or it is gone already

    async def files(self) -> AsyncIterator[StoredFile]:
        """Every stored recording; other files are passed over."""
        for file in await self._threads.run(_files, self._folder):
            if NAME.fullmatch(file.name):
                yield await self._threads.run(_describe, file)

    async def discard_scratch(self, before: datetime) -> int:
        """Deletes what a killed process left in the scratch folder."""
        return await self._threads.run(delete_older, self._incoming, before)


def _describe(file: Path) -> StoredFile:
    try:
        status = file.lstat()  # not stat: a symbolic link must not lead out of the folder
    except FileNotFoundError:
        raise NotFound("no such recording") from None
    except OSError as fault:
        raise StorageDown(f"the recordings folder can't be read ({fault.strerror})") from None
    if not stat.S_ISREG(status.st_mode):
        raise NotFound("no such recording")
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    return StoredFile(file.name, status.st_size, f'"{file.name}-{status.st_size:x}"', modified)


def _files(folder: Path) -> list[Path]:
    return (
        [entry for entry in folder.iterdir() if entry.is_file() and not entry.is_symlink()]
        if folder.is_dir()
        else []
    )


def _chunks(file: Path, start: int, end: int | None) -> Iterator[bytes]:
    with file.open("rb") as handle:
        handle.seek(start)
        left = None if end is None else end - start
        while chunk := handle.read(CHUNK_SIZE if left is None else max(0, min(CHUNK_SIZE, left))):
            left = None if left is None else left - len(chunk)
            yield chunk


def delete_older(folder: Path, before: datetime) -> int:
    """Deletes the folder's files last written before then and returns how many."""
    count = 0
    for file in _files(folder):
        try:
            if file.stat().st_mtime < before.timestamp():
                file.unlink()
                count += 1
        except FileNotFoundError:
            continue  # it was stored, or discarded, just now
    return count
