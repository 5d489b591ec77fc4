"""Telling the nouns around a call that it has ended: by a job, in the transaction that knows it."""

from datetime import datetime

from sqlmodel import Session

from callcrm.store.enqueue import enqueue

JOB = "call_ended"


def enqueue_call_ended(session: Session, call_id: str, cause: str, now: datetime) -> None:
    """Have every noun look at the call soon; `cause` names what became known of it, so that each time counts
    once however often it is told.
    """
    enqueue(session, JOB, f"{call_id}:{cause}", {"call": call_id}, now)
