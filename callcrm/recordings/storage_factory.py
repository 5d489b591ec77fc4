"""The storage of recordings that the settings name."""

from pathlib import Path

from callcrm.base.threads import Threads
from callcrm.config import Settings
from callcrm.recordings.bucket import BucketStorage
from callcrm.recordings.local import LocalStorage
from callcrm.recordings.storage import Storage


def open_storage(settings: Settings, threads: Threads) -> Storage:
    """A folder for `file://`; for `s3://` a bucket, with its scratch folder in the data directory."""
    url = settings.recordings
    if url.startswith("s3://"):
        return BucketStorage(url, settings.data_dir / "incoming", threads)
    return LocalStorage(Path(url.removeprefix("file://")), threads)
