"""Checks of what we use besides the database: the store of recordings, and Redis."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from callcrm.base.errors import NotFound
from callcrm.base.files import nearest_folder, write_fault
from callcrm.cli.checks import remedies
from callcrm.cli.checks.result import CheckResult, ok, wrong
from callcrm.cli.clock_and_threads import clock, threads
from callcrm.config import Settings
from callcrm.lazy import redis
from callcrm.recordings.storage import StorageDown
from callcrm.recordings.storage_factory import open_storage

RECORDINGS = "CALLCRM_RECORDINGS_URL"
KEYS = "mend CALLCRM_S3_ACCESS_KEY_ID and CALLCRM_S3_SECRET_ACCESS_KEY, and what the key may do"
# By the end of StorageDown's text, which is the kind of the bucket's answer.
BUCKET_REMEDIES = {
    "(PermissionDeniedError)": KEYS,
    "(UnauthenticatedError)": KEYS,
    "no such bucket": f"make the bucket, or mend {RECORDINGS}",
}
BUCKET_REMEDY = "mend CALLCRM_S3_ENDPOINT and CALLCRM_S3_REGION, the keys, or the way out of this machine"
REDIS_SECONDS = 3.0
AUDIO = b"callcrm doctor"


async def check_recordings(settings: Settings) -> AsyncIterator[CheckResult]:
    """Whether a recording can be stored, and deleted: it is tried, with one of a few bytes."""
    url = settings.recordings
    if url.startswith("file://"):
        yield _check_folder(Path(url.removeprefix("file://")))
        return
    try:
        await _store_one(settings)
    except (StorageDown, NotFound) as fault:
        remedy = next(
            (text for end, text in BUCKET_REMEDIES.items() if str(fault).endswith(end)), BUCKET_REMEDY
        )
        yield wrong("recordings", str(fault), remedy)
    except OSError as error:
        yield wrong(
            "recordings", remedies.cause(settings.data_dir, error), remedies.remedy(error, "CALLCRM_DATA_DIR")
        )
    else:
        yield ok("recordings", f"{url} takes them")


def _check_folder(folder: Path) -> CheckResult:
    if error := write_fault(nearest_folder(folder)):
        return wrong("recordings", remedies.cause(folder, error), remedies.remedy(error, RECORDINGS))
    return ok("recordings", f"{folder} takes them")


async def _store_one(settings: Settings) -> None:
    storage = open_storage(settings, threads)
    file = storage.scratch() / "doctor.part"
    file.write_bytes(AUDIO)
    try:
        await storage.delete(await storage.put(file))
    finally:
        file.unlink(missing_ok=True)


async def check_redis(settings: Settings) -> AsyncIterator[CheckResult]:
    """Whether Redis answers, where live updates go through it."""
    if not settings.redis_url:
        return
    place = urlsplit(settings.redis_url)
    name = f"{place.hostname or place.path}:{place.port or 6379}"
    client = redis.asyncio.from_url(settings.redis_url, socket_timeout=REDIS_SECONDS)
    try:
        async with clock.timeout(REDIS_SECONDS):
            await client.ping()
    except redis.exceptions.AuthenticationError:
        yield wrong("Redis", f"{name} refuses our user or password", "mend CALLCRM_REDIS_URL")
    except (redis.exceptions.RedisError, OSError) as error:
        cause = f"{name} does not answer ({type(error).__name__}): screens lag, and poll"
        yield wrong("Redis", cause, "start it, mend CALLCRM_REDIS_URL, or leave that out")
    else:
        yield ok("Redis", f"{name} answers")
    finally:
        await client.aclose()


CHECKS = (check_recordings, check_redis)
