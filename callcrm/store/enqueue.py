"""Jobs, enqueued in the transaction that causes them: they run if, and only if, that is committed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from callcrm.models import Job
from callcrm.store.store import after_commit
from callcrm.store.upsert import insert_if_absent, insert_if_absent_deferred


@dataclass(frozen=True, slots=True)
class Enqueued:
    """Published after commit, so that a runner in this process need not wait for its next poll."""

    id: int
    kind: str
    run_at: datetime


def enqueue(session: Session, kind: str, key: str, payload: dict[str, Any], run_at: datetime) -> bool:
    """Whether a job was added: of one kind and key there is a single job until its row is deleted, a week
    after it was done.
    """
    job = insert_if_absent(session, Job, "dedupe_key", **_values(kind, key, payload, run_at))
    if job is not None:
        after_commit(session, Enqueued(job, kind, run_at))
    return job is not None


def enqueue_deferred(
    session: Session, kind: str, key: str, payload: dict[str, Any], run_at: datetime
) -> None:
    """The same for a verb that need not know whether a job was added: the insert travels with the commit."""

    def publish(job: int) -> None:
        after_commit(session, Enqueued(job, kind, run_at))

    insert_if_absent_deferred(session, Job, "dedupe_key", publish, **_values(kind, key, payload, run_at))


def _values(kind: str, key: str, payload: dict[str, Any], run_at: datetime) -> dict[str, Any]:
    return {
        "kind": kind,
        "dedupe_key": f"{kind}:{key}",
        "payload": payload,
        "run_at": run_at,
        "attempts": 0,
    }
