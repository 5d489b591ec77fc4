"""Recordings in an S3-compatible bucket. Keys and endpoint come from the AWS_* environment variables."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from callcrm.base.errors import NotFound
from callcrm.base.threads import Threads
from callcrm.lazy import obstore
from callcrm.recordings.local import discard
from callcrm.recordings.storage import NAME, StorageDown, Stored, checked, new_name

PIECE = 256 * 1024
PATIENCE = timedelta(seconds=20)


class BucketStorage:
    """A bucket and a prefix; a local folder holds what is on its way in."""

    def __init__(self, url: str, incoming: Path, threads: Threads) -> None:
        self._threads = threads
        self._store = obstore.store.S3Store.from_url(
            url, retry_config={"max_retries": 2, "retry_timeout": PATIENCE}
        )
        self._incoming = incoming

    def scratch(self) -> Path:
        """The local folder for files on their way in."""
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._incoming

    async def put(self, file: Path) -> str:
        """The random name of the file, once the bucket has all of it."""
        name = new_name()
        try:
            with _in_our_words():
                size = (await self._threads.run(file.stat)).st_size
                await obstore.put_async(self._store, name, file)
                kept = await obstore.head_async(self._store, name)
        except NotFound:
            raise StorageDown("there is no such bucket") from None
        if kept["size"] != size:
            raise StorageDown("the bucket kept another length than it was given")
        await self._threads.run(file.unlink, True)  # or it is gone already
        return name

    async def describe(self, name: str) -> Stored:
        """Length and tag of a kept recording."""
        with _in_our_words():
            return _stored(await obstore.head_async(self._store, checked(name)))

    def local_path(self, name: str) -> Path | None:
        """Nothing: it is not on this machine."""
        checked(name)
        return None

    async def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes of a kept recording in pieces."""
        if end is not None and end <= start:
            return
        wanted: Any = {"offset": start} if end is None else (start, end)
        with _in_our_words():
            found = await obstore.get_async(self._store, checked(name), options={"range": wanted})
            async for piece in found.stream(min_chunk_size=PIECE):
                yield bytes(piece)

    async def delete(self, name: str) -> None:
        """Remove a recording from the bucket."""
        with _in_our_words():
            await obstore.delete_async(self._store, checked(name))

    async def names(self) -> AsyncIterator[Stored]:
        """Everything of ours in the bucket."""
        with _in_our_words():
            async for batch in obstore.list(self._store):
                for one in batch:
                    if NAME.fullmatch(one["path"]):
                        yield _stored(one)

    async def discard_scratch(self, before: datetime) -> int:
        """Remove half files that a killed process left on this machine."""
        return await self._threads.run(discard, self._incoming, before)


def _stored(meta: Any) -> Stored:
    tag = str(meta["e_tag"] or meta["path"]).strip('"')
    return Stored(meta["path"], meta["size"], f'"{tag}"', meta["last_modified"])


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NotFound("no such recording") from None
    except (obstore.exceptions.BaseError, OSError) as fault:
        raise StorageDown(f"the recordings bucket can't be used ({type(fault).__name__})") from None
