"""The files of messages, fetched from the carrier into our storage: whole, or visibly not yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from sqlmodel import Session, col, select, update

from callcrm.base.clock import Clock
from callcrm.base.errors import Unavailable
from callcrm.base.ids import derived_id
from callcrm.carrier.errors import MediaFault
from callcrm.carrier.media import Media, MediaClient
from callcrm.models import MediaStatus, MessageMedia
from callcrm.store.enqueue import enqueue
from callcrm.store.store import Store

FETCH_JOB = "fetch_message_media"
DEADLINE = 10.0  # seconds: nobody is waiting
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=2)
GIVE_UP_AFTER = timedelta(hours=24)
NOT_STORED = (MediaStatus.PENDING, MediaStatus.FAILED)


class Storage(Protocol):
    """Where files are stored."""

    def scratch(self) -> Path:
        """A folder for files to be stored."""

    async def put(self, file: Path) -> str:
        """The random name under which the file is now stored; Unavailable."""

    async def delete(self, name: str) -> None:
        """Deletes a file."""


def add(session: Session, message_id: str, files: Sequence[tuple[str, str | None]], now: datetime) -> None:
    """Adds the files of a new message, each with the job that fetches it."""
    for position, (url, content_type) in enumerate(files):
        row = MessageMedia(
            id=derived_id("med", message_id, str(position)),
            message_id=message_id,
            position=position,
            url=url,
            content_type=content_type,
            created_at=now,
        )
        session.add(row)
        session.flush()
        enqueue(session, FETCH_JOB, f"media:{row.id}", {"id": row.id, "since": now.isoformat()}, now)


def of_messages(session: Session, ids: Sequence[str]) -> dict[str, list[MessageMedia]]:
    """By message: its files in their order."""
    by_message: dict[str, list[MessageMedia]] = {message_id: [] for message_id in ids}
    rows = select(MessageMedia).where(col(MessageMedia.message_id).in_(ids))
    for row in session.exec(rows.order_by(col(MessageMedia.position))) if ids else ():
        by_message[row.message_id].append(row)
    return by_message


@dataclass(frozen=True)
class MediaFetcher:
    """Fetches files of messages. May be killed at any point and run again."""

    store: Store
    media: MediaClient
    storage: Storage
    clock: Clock

    async def fetch(self, media_id: str, since: datetime) -> timedelta | None:
        """None once there is nothing left to do, else how long to wait before the next attempt; `since` is
        when the first was due.
        """
        row = await self.store.read(lambda session: session.get(MessageMedia, media_id))
        if row is None or row.status not in NOT_STORED:
            return None
        try:
            media = await self.media.fetch_file(row.url, self.storage.scratch())
            name = await self.storage.put(media.file)
        except (MediaFault, Unavailable) as fault:
            return await self._failed(media_id, str(fault), since)
        verb = partial(record_stored, media_id=media_id, media=media, name=name, now=self.clock.now())
        if not await self.store.write(verb, deadline=DEADLINE):
            await self.storage.delete(name)  # another worker was faster
        return None

    async def _failed(self, media_id: str, reason: str, since: datetime) -> timedelta | None:
        waited = self.clock.now() - since
        final = waited >= GIVE_UP_AFTER
        values = {
            "status": MediaStatus.FAILED if final else MediaStatus.PENDING,
            "error": f"{'gave up' if final else 'retrying'}: {reason}"[:255],
        }
        await self.store.write(lambda session: _update(session, media_id, values), deadline=DEADLINE)
        return None if final else min(max(waited, FIRST_PAUSE), LONGEST_PAUSE)


def record_stored(session: Session, media_id: str, media: Media, name: str, now: datetime) -> bool:
    """Records that the file is stored under this name; False if it is stored already."""
    values = {"storage_name": name, "bytes": media.bytes, "sha256": media.sha256, "stored_at": now}
    kind = {"content_type": media.content_type} if media.content_type else {}
    return _update(session, media_id, values | kind | {"status": MediaStatus.STORED, "error": None})


def _update(session: Session, media_id: str, values: Mapping[str, object]) -> bool:
    not_stored = (col(MessageMedia.id) == media_id, col(MessageMedia.status).in_(NOT_STORED))
    return bool(session.exec(update(MessageMedia).where(*not_stored).values(**values)).rowcount)
