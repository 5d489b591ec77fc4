"""A recording brought from the carrier into our own keeping: whole and verified, or visibly not yet."""

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
from callcrm.recordings.waveform import peaks
from callcrm.store.store import Store

DEADLINE = 10.0  # nobody is waiting, and a download should not be lost to a busy store


@dataclass(frozen=True)
class Fetcher:
    """Brings recordings home. May be killed at any point and run again: only the last step shows anything."""

    store: Store
    media: MediaClient
    storage: Storage
    clock: Clock
    threads: Threads

    async def fetch(self, sid: str, since: datetime) -> timedelta | None:
        """None once there is nothing left to do, else when to try again. `since`: when it was first tried."""
        row = await self.store.read(partial(pending.find, sid=sid))
        if row is None or row.status not in pending.AWAITED:
            return None
        try:
            media = await self.media.fetch(sid, self.storage.scratch(), channels=row.channels)
            loud = await self.threads.run(peaks, media.file)
            name = await self.storage.put(media.file)
        except (MediaFault, StorageDown) as fault:
            return await self._missed(sid, str(fault), since)
        verb = partial(stored, sid=sid, media=media, loud=loud, name=name, now=self.clock.now())
        if not await self.store.write(verb, deadline=DEADLINE):
            await self.storage.delete(name)  # another worker was faster, or it was deleted meanwhile
        return None

    async def _missed(self, sid: str, why: str, since: datetime) -> timedelta | None:
        now = self.clock.now()
        pause = pending.pause(since, now)
        verb = partial(pending.missed, sid=sid, why=why, now=now, final=pause is None)
        await self.store.write(verb, deadline=DEADLINE)
        return pause


def stored(
    session: Session, sid: str, media: Media, loud: list[list[int]] | None, name: str, now: datetime
) -> bool:
    """Whether the recording is now known to be kept under this name; False if it no longer wants keeping."""
    changed = session.exec(
        update(Recording)
        .where(col(Recording.carrier_sid) == sid, col(Recording.status).in_(pending.AWAITED))
        .values(
            status=RecordingStatus.STORED,
            path=name,
            bytes=media.bytes,
            sha256=media.sha256,
            content_type=media.content_type,
            peaks=loud,
            stored_at=now,
            error=None,
        )
    )
    if changed.rowcount:
        pending.tell(session, sid)
    return bool(changed.rowcount)
