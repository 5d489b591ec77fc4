"""Both kinds of keeping: what is put comes back byte for byte, and names from outside open nothing."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from moto.server import ThreadedMotoServer

from callcrm.base.errors import NotFound
from callcrm.config import load_settings
from callcrm.recordings.bucket import BucketStorage
from callcrm.recordings.local import LocalStorage
from callcrm.recordings.storage import NAME, Storage, StorageDown
from callcrm.recordings.storage_factory import open_storage
from tests.clocks import THREADS

T = TypeVar("T")
AUDIO = bytes(range(256)) * 4000
SOON = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture(scope="module")
def s3_port() -> Iterator[int]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def bucket(s3_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BucketStorage:
    endpoint = f"http://127.0.0.1:{s3_port}"
    for name, value in {
        "AWS_ENDPOINT": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "invented",
        "AWS_SECRET_ACCESS_KEY": "invented",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    name = "recordings" + tmp_path.name[-20:].replace("_", "").lower()
    assert httpx.put(f"{endpoint}/{name}").is_success
    return BucketStorage(f"s3://{name}/our/prefix", tmp_path / "incoming", THREADS)


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "bucket":
        bucket: BucketStorage = request.getfixturevalue("bucket")
        return bucket
    return LocalStorage(tmp_path / "recordings", THREADS)


async def every(items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]


def incoming(storage: Storage, audio: bytes = AUDIO) -> Path:
    file = storage.scratch() / "some.part"
    file.write_bytes(audio)
    return file


def put(storage: Storage, audio: bytes = AUDIO) -> str:
    return asyncio.run(storage.put(incoming(storage, audio)))


def read(storage: Storage, name: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join(asyncio.run(every(storage.stream(name, start, end))))


def test_what_is_put_comes_back_byte_for_byte(storage: Storage) -> None:
    assert read(storage, put(storage)) == AUDIO


def test_a_name_tells_nothing_and_is_never_the_same(storage: Storage) -> None:
    first, second = put(storage), put(storage)
    assert NAME.fullmatch(first)
    assert first != second


def test_nothing_is_left_on_the_way_in(storage: Storage) -> None:
    put(storage)
    assert list(storage.scratch().iterdir()) == []


@pytest.mark.parametrize(("start", "end"), [(0, 1), (5, 12), (300_000, 900_000), (1_023_999, None), (7, 7)])
def test_any_range_can_be_read(storage: Storage, start: int, end: int | None) -> None:
    assert read(storage, put(storage), start, end) == AUDIO[start:end]


def test_length_and_tag_are_told(storage: Storage) -> None:
    first, other = put(storage), put(storage, b"other")
    description, different = asyncio.run(storage.describe(first)), asyncio.run(storage.describe(other))
    assert (description.size, different.size) == (len(AUDIO), 5)
    assert description.etag != different.etag
    assert description.etag.startswith('"')


def test_what_is_deleted_is_gone_and_may_be_deleted_again(storage: Storage) -> None:
    name = put(storage)
    asyncio.run(storage.delete(name))
    asyncio.run(storage.delete(name))
    with pytest.raises(NotFound):
        asyncio.run(storage.describe(name))
    with pytest.raises(NotFound):
        read(storage, name)


def test_everything_kept_is_listed_and_nothing_else(storage: Storage) -> None:
    names = {put(storage), put(storage)}
    incoming(storage)
    assert {file.name for file in asyncio.run(every(storage.files()))} == names


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../../etc/passwd", "/etc/passwd", "incoming", "%2e%2e%2f", "incoming/some.part"),
        *("a" * 31, "A" * 32, "0" * 33, "0" * 31 + "\n", "0" * 32 + "\n", "0" * 31 + "\0", "٠" * 32),
    ],
)
def test_a_name_that_was_never_given_out_opens_nothing(storage: Storage, name: str) -> None:
    with pytest.raises(NotFound):
        asyncio.run(storage.describe(name))
    with pytest.raises(NotFound):
        read(storage, name)
    with pytest.raises(NotFound):
        storage.local_path(name)
    with pytest.raises(NotFound):
        asyncio.run(storage.delete(name))


def test_half_files_are_dropped_once_they_are_old(storage: Storage) -> None:
    incoming(storage)
    assert asyncio.run(storage.discard_scratch(SOON - timedelta(hours=2))) == 0
    assert asyncio.run(storage.discard_scratch(SOON)) == 1
    assert list(storage.scratch().iterdir()) == []


def test_an_empty_keeping_has_nothing(storage: Storage) -> None:
    assert asyncio.run(every(storage.files())) == []
    assert asyncio.run(storage.discard_scratch(SOON)) == 0


def test_a_folder_is_on_this_machine_and_a_bucket_is_not(bucket: BucketStorage, tmp_path: Path) -> None:
    folder = LocalStorage(tmp_path / "here", THREADS)
    name = put(folder)
    path = folder.local_path(name)
    assert path is not None
    assert path.read_bytes() == AUDIO
    assert bucket.local_path(put(bucket)) is None


def test_bytes_and_name_reach_the_disk_before_the_name_is_given_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = LocalStorage(tmp_path / "here", THREADS)
    file, calls = incoming(folder), []
    sync, rename = os.fsync, Path.rename

    def synced(handle: int) -> None:
        calls.append(Path(f"/proc/self/fd/{handle}").readlink())
        sync(handle)

    def renamed(self: Path, target: Path) -> Path:
        calls.append(target)
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    name = asyncio.run(folder.put(file))
    assert calls == [file, tmp_path / "here" / name, tmp_path / "here"]


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    folder = LocalStorage(tmp_path / "here", THREADS)
    folder.scratch()
    secret = tmp_path / "secret"
    secret.write_bytes(AUDIO)
    (tmp_path / "here" / ("0" * 32)).symlink_to(secret)
    with pytest.raises(NotFound):
        asyncio.run(folder.describe("0" * 32))
    with pytest.raises(NotFound):
        folder.local_path("0" * 32)
    with pytest.raises(NotFound):
        read(folder, "0" * 32)


def test_a_folder_that_can_not_be_made_is_down(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageDown):
        LocalStorage(tmp_path / "file" / "recordings", THREADS).scratch()


def test_a_bucket_that_is_not_there_is_down(bucket: BucketStorage, tmp_path: Path) -> None:
    with pytest.raises(StorageDown, match="no such bucket"):
        put(BucketStorage("s3://some-other-bucket/x", tmp_path / "incoming", THREADS))


def test_a_file_that_could_not_be_kept_stays_where_it_was(bucket: BucketStorage, tmp_path: Path) -> None:
    elsewhere = BucketStorage("s3://some-other-bucket/x", tmp_path / "incoming", THREADS)
    file = incoming(elsewhere)
    with pytest.raises(StorageDown):
        asyncio.run(elsewhere.put(file))
    assert file.read_bytes() == AUDIO


def test_the_settings_choose_the_keeping(bucket: BucketStorage, tmp_path: Path) -> None:
    chosen = open_storage(
        load_settings({"CALLCRM_RECORDINGS_URL": f"file://{tmp_path}/my audio%20"}), THREADS
    )
    assert chosen.scratch() == tmp_path / "my audio%20" / "incoming"
    settings = {"CALLCRM_RECORDINGS_URL": "s3://some-bucket/x", "CALLCRM_DATA_DIR": str(tmp_path / "var")}
    assert isinstance(open_storage(load_settings(settings), THREADS), BucketStorage)
