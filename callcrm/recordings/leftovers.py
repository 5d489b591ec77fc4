"""Deletes what killed processes left: files half fetched, and stored ones that no row names."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlmodel import Session, col, select

from callcrm.models import MessageMedia, Recording
from callcrm.models.crm.complaint import ComplaintFile
from callcrm.recordings.storage import Storage
from callcrm.store.store import Store

log = structlog.get_logger()

GRACE = timedelta(hours=2)  # far longer than any fetch may take
BATCH_SIZE = 500
_NAMES: Sequence[Any] = tuple(col(model.storage_name) for model in (Recording, MessageMedia, ComplaintFile))
FEW_ORPHANS = 20


async def sweep(store: Store, storage: Storage, now: datetime) -> int:
    """Deletes left-over files and returns how many. Of the stored files none, if most look left over: then
    the store is another one's, or an old copy, and deleting would be a mistake.
    """
    deleted = await storage.discard_scratch(now - GRACE)
    orphans, with_row = await _orphans(store, storage, now - GRACE)
    if len(orphans) > max(FEW_ORPHANS, with_row):
        log.warning("left-over recordings not removed", left_over=len(orphans), with_row=with_row)
        return deleted
    for name in orphans:
        await storage.delete(name)
    return deleted + len(orphans)


async def _orphans(store: Store, storage: Storage, before: datetime) -> tuple[list[str], int]:
    """The names of stored files older than that without a row, and how many have one."""
    orphans: list[str] = []
    total, batch = 0, list[str]()
    async for file in storage.files():
        if file.modified < before:
            total += 1
            batch.append(file.name)
        if len(batch) == BATCH_SIZE:
            orphans += await store.read(partial(_without_row, names=batch))
            batch = []
    if batch:
        orphans += await store.read(partial(_without_row, names=batch))
    return orphans, total - len(orphans)


def _without_row(session: Session, names: Sequence[str]) -> list[str]:
    named: set[str | None] = set()
    for column in _NAMES:
        named |= set(session.exec(select(column).where(column.in_(names))))
    return [name for name in names if name not in named]
