"""Enqueues the job by which the nouns of `crm/` learn that a call has ended."""

from datetime import datetime

from sqlmodel import Session

from callcrm.store.enqueue import enqueue_deferred

JOB = "call_ended"


def enqueue_call_ended(session: Session, call_id: str, cause: str, now: datetime) -> None:
    """Enqueues a job in which every noun looks at the call. `cause` says what became known of the call; the
    same cause enqueues one job, however often it is passed.
    """
    enqueue_deferred(session, JOB, f"{call_id}:{cause}", {"call": call_id}, now)
