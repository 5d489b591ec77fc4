"""A recording's audio, fetched from the carrier into our storage: whole and verified, or visibly not yet."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session, col, update

from callcrm.base.clock import Clock
from callcrm.base.threads import Threads
from callcrm.carrier.errors import MediaFault
from callcrm.carrier.media import Media, MediaClient
from callcrm.models import Recording, RecordingStatus
from callcrm.recordings import pending
from callcrm.recordings.storage import Storage, StorageDown
from callcrm.recordings.waveform import waveform_peaks
from callcrm.store.store import Store

DEADLINE = 10.0  # seconds: nobody is waiting, and a download should not be lost to a busy store


@dataclass(frozen=True)
class Fetcher:
    """Fetches recordings. May be killed at any point and run again: nothing shows before the last step."""

    store: Store
    media: MediaClient
    storage: Storage
    clock: Clock
    threads: Threads

    async def fetch(self, sid: str, since: datetime) -> timedelta | None:
        """None once there is nothing left to do, else how long to wait before the next attempt; `since` is
        when the first was due.
        """
        row = await self.store.read(partial(pending.by_sid, sid=sid))
        if row is None or row.status not in pending.NOT_STORED:
            return None
        try:
            media = await self.media.fetch(sid, self.storage.scratch(), channels=row.channels)
            peaks = await self.threads.run(waveform_peaks, media.file)
            name = await self.storage.put(media.file)
        except (MediaFault, StorageDown) as fault:
            return await self._failed(sid, str(fault), since)
        verb = partial(record_stored, sid=sid, media=media, peaks=peaks, name=name, now=self.clock.now())
        if not await self.store.write(verb, deadline=DEADLINE):
            await self.storage.delete(name)  # another worker was faster, or it was deleted meanwhile
        return None

    async def _failed(self, sid: str, reason: str, since: datetime) -> timedelta | None:
        pause = pending.retry_pause(since, self.clock.now())
        verb = partial(pending.record_failure, sid=sid, reason=reason, final=pause is None)
        await self.store.write(verb, deadline=DEADLINE)
        return pause


def record_stored(
    session: Session, sid: str, media: Media, peaks: list[list[int]] | None, name: str, now: datetime
) -> bool:
    """Records that the audio is stored under this name; False if it is stored already or was deleted."""
    changed = session.exec(
        update(Recording)
        .where(col(Recording.carrier_sid) == sid, col(Recording.status).in_(pending.NOT_STORED))
        .values(
            status=RecordingStatus.STORED,
            storage_name=name,
            bytes=media.bytes,
            sha256=media.sha256,
            content_type=media.content_type,
            peaks=peaks,
            stored_at=now,
            error=None,
        )
    )
    if changed.rowcount:
        pending.announce_change(session, sid)
    return bool(changed.rowcount)
