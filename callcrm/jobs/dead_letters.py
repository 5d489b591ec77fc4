"""What was given up on, and trying it again: spooled records that broke their verb, and dead jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import func, select, update
from sqlmodel import Session

from callcrm.base.clock import Clock
from callcrm.calls.runtime import CallRuntime
from callcrm.jobs import spool_replay
from callcrm.jobs.claims import JOB
from callcrm.jobs.retry import describe_error
from callcrm.ledger.dead_letters import DeadLetters
from callcrm.ledger.spool import Record
from callcrm.store.store import Store, StoreDown

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that was given up on, with the kind of its last error."""

    id: int
    kind: str
    dead_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class Retried:
    """How many spooled records were taken in, how many were not, and how many jobs are due again."""

    taken: int
    left: int
    jobs: int


def dead_jobs(session: Session, limit: int) -> Sequence[DeadJob]:
    """The dead jobs, newest first."""
    columns = select(JOB.c.id, JOB.c.kind, JOB.c.dead_at, func.coalesce(JOB.c.last_error, ""))
    dead = columns.where(JOB.c.dead_at.is_not(None)).order_by(JOB.c.dead_at.desc(), JOB.c.id.desc())
    return [DeadJob(*row) for row in session.execute(dead.limit(limit))]


def count_dead_jobs(session: Session) -> int:
    """How many dead jobs there are."""
    dead = select(func.count()).select_from(JOB).where(JOB.c.dead_at.is_not(None))
    return int(session.execute(dead).scalar_one())


def revive_jobs(session: Session, now: datetime) -> int:
    """Makes every dead job due now, as if it had never run; returns how many."""
    revived = update(JOB).where(JOB.c.dead_at.is_not(None)).values(dead_at=None, attempts=0, run_at=now)
    return session.execute(revived).rowcount  # type: ignore[attr-defined, no-any-return]


def retry_all(store: Store, runtime: CallRuntime, letters: DeadLetters, clock: Clock) -> Retried:
    """Takes in what now can be, and has all dead jobs run again; StoreDown if the store is away.

    Blocks; what is not taken in stays.
    """
    taken = letters.retry(partial(_take_in, store, runtime, clock))
    return Retried(taken, letters.count(), store.write_now(partial(revive_jobs, now=clock.now())))


def _take_in(store: Store, runtime: CallRuntime, clock: Clock, record: Record) -> bool:
    try:
        store.write_now(partial(spool_replay.take_in, runtime=runtime, record=record, now=clock.now()))
    except StoreDown:
        raise
    except Exception as fault:
        log.warning(
            "a dead letter could not be taken in", kind=record.get("kind"), error=describe_error(fault)
        )
        return False
    return True
