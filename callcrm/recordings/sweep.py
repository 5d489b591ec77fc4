"""What a killed process left behind: half files, and whole ones that no row knows of."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlmodel import Session, col, select

from callcrm.models import Recording
from callcrm.recordings.storage import Storage
from callcrm.store.store import Store

log = structlog.get_logger()

GRACE = timedelta(hours=2)  # far longer than any fetch may take
BATCH = 500
FEW = 20


async def sweep(store: Store, storage: Storage, now: datetime) -> int:
    """How many left-over files are gone. None if most of what is kept looks left over: then the
    store is another one's, or an old copy, and deleting would be a mistake."""
    gone = await storage.discard_scratch(now - GRACE)
    orphans, kept = await _orphans(store, storage, now - GRACE)
    if len(orphans) > max(FEW, kept):
        log.warning("left-over recordings not removed", left_over=len(orphans), known=kept)
        return gone
    for name in orphans:
        await storage.delete(name)
    return gone + len(orphans)


async def _orphans(store: Store, storage: Storage, before: datetime) -> tuple[list[str], int]:
    orphans: list[str] = []
    kept, batch = 0, list[str]()
    async for one in storage.names():
        if one.modified < before:
            batch.append(one.name)
        if len(batch) == BATCH:
            strays = await store.read(partial(_unknown, names=batch))
            kept, batch = kept + len(batch) - len(strays), []
            orphans += strays
    strays = await store.read(partial(_unknown, names=batch))
    return orphans + strays, kept + len(batch) - len(strays)


def _unknown(session: Session, names: Sequence[str]) -> list[str]:
    known = set(session.exec(select(Recording.path).where(col(Recording.path).in_(names))))
    return [name for name in names if name not in known]
