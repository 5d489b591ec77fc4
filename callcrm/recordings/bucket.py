"""Recordings in an S3-compatible bucket."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from callcrm.base.errors import NotFound
from callcrm.base.threads import Threads
from callcrm.lazy import obstore
from callcrm.recordings.local import delete_older
from callcrm.recordings.storage import NAME, StorageDown, StoredFile, new_name, valid_name

CHUNK_SIZE = 256 * 1024
RETRY_TIMEOUT = timedelta(seconds=20)


class BucketStorage:
    """A bucket and a prefix; a local folder holds files until they are uploaded."""

    def __init__(self, url: str, incoming: Path, threads: Threads, **access: Any) -> None:
        """`access` may name endpoint, region, access_key_id and secret_access_key. What it leaves out comes
        from the environment's AWS_* variables, or from the role of the machine.
        """
        self._threads = threads
        plain = access.get("endpoint", "").startswith("http://")
        self._store = obstore.store.S3Store.from_url(
            url,
            config=cast("Any", access),  # the names of obstore's S3Config
            client_options={"allow_http": True} if plain else None,
            retry_config={"max_retries": 2, "retry_timeout": RETRY_TIMEOUT},
        )
        self._incoming = incoming

    def scratch(self) -> Path:
        """The local folder for files to upload."""
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._incoming

    async def put(self, file: Path) -> str:
        """The random name of the file, once it is uploaded; StorageDown if the bucket is not there."""
        name = new_name()
        try:
            with _translated_errors():
                size = (await self._threads.run(file.stat)).st_size
                await obstore.put_async(self._store, name, file)
                stored = await obstore.head_async(self._store, name)
        except NotFound:
            raise StorageDown("there is no such bucket") from None
        if stored["size"] != size:
            raise StorageDown("the bucket kept another length than it was given")
        await self._threads.run(file.unlink, True)  # or it is gone already
        return name

    async def describe(self, name: str) -> StoredFile:
        """Length and ETag of a stored recording; NotFound if it is not stored."""
        with _translated_errors():
            return _stored_file(await obstore.head_async(self._store, valid_name(name)))

    def local_path(self, name: str) -> Path | None:
        """None: a bucket is not on this machine. NotFound for a name that can't be one of ours."""
        valid_name(name)
        return None

    async def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes `start` to `end` (exclusive) in chunks."""
        if end is not None and end <= start:
            return
        byte_range: Any = {"offset": start} if end is None else (start, end)
        with _translated_errors():
            response = await obstore.get_async(self._store, valid_name(name), options={"range": byte_range})
            async for chunk in response.stream(min_chunk_size=CHUNK_SIZE):
                yield bytes(chunk)

    async def delete(self, name: str) -> None:
        """Deletes a recording; one that is not there is no error."""
        with _translated_errors():
            await obstore.delete_async(self._store, valid_name(name))

    async def files(self) -> AsyncIterator[StoredFile]:
        """Every stored recording; other objects under the prefix are passed over."""
        with _translated_errors():
            async for batch in obstore.list(self._store):
                for meta in batch:
                    if NAME.fullmatch(meta["path"]):
                        yield _stored_file(meta)

    async def discard_scratch(self, before: datetime) -> int:
        """Deletes what a killed process left in the local folder."""
        return await self._threads.run(delete_older, self._incoming, before)


def _stored_file(meta: Any) -> StoredFile:
    tag = str(meta["e_tag"] or meta["path"]).strip('"')
    return StoredFile(meta["path"], meta["size"], f'"{tag}"', meta["last_modified"])


@contextmanager
def _translated_errors() -> Iterator[None]:
    """NotFound for a missing object, or a missing bucket; StorageDown for any other failure."""
    try:
        yield
    except FileNotFoundError:
        raise NotFound("no such recording") from None
    except (obstore.exceptions.BaseError, OSError) as fault:
        raise StorageDown(f"the recordings bucket can't be used ({type(fault).__name__})") from None
