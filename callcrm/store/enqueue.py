"""Work for later, enqueued in the transaction that causes it: done if, and only if, that is committed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from callcrm.models import Job
from callcrm.store.store import after_commit
from callcrm.store.upsert import insert_once


@dataclass(frozen=True, slots=True)
class Enqueued:
    """Published after commit, so that a runner need not wait for its next poll."""

    kind: str
    run_at: datetime


def enqueue(session: Session, kind: str, key: str, payload: dict[str, Any], run_at: datetime) -> bool:
    """Whether the work is new: to a kind and key there is one job, while it is remembered."""
    job = insert_once(
        session,
        Job,
        "dedupe_key",
        kind=kind,
        dedupe_key=f"{kind}:{key}",
        payload=payload,
        run_at=run_at,
        attempts=0,
    )
    if job is not None:
        after_commit(session, Enqueued(kind, run_at))
    return job is not None
