"""The storage of recordings that the settings name."""

from pathlib import Path

from callcrm.base.threads import Threads
from callcrm.config import Settings
from callcrm.recordings.bucket import BucketStorage
from callcrm.recordings.local import LocalStorage
from callcrm.recordings.storage import Storage


def _access(settings: Settings) -> dict[str, str]:
    values = {
        "endpoint": settings.s3_endpoint,
        "region": settings.s3_region,
        "access_key_id": settings.s3_access_key_id,
        "secret_access_key": settings.s3_secret_access_key,
    }
    return {name: value for name, value in values.items() if value}


def open_storage(settings: Settings, threads: Threads) -> Storage:
    """A folder for `file://`; for `s3://` a bucket, with its scratch folder in the data directory."""
    url = settings.recordings
    if url.startswith("s3://"):
        return BucketStorage(url, settings.data_dir / "incoming", threads, **_access(settings))
    return LocalStorage(Path(url.removeprefix("file://")), threads)
