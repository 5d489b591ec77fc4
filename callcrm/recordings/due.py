"""Recordings still at the carrier: when each is asked for, and what its row says meanwhile."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from callcrm.live.announce import announce
from callcrm.models import Call, Recording, RecordingStatus
from callcrm.store.later import enqueue

JOB = "fetch_recording"
AWAITED = (RecordingStatus.PENDING, RecordingStatus.FAILED)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=2)
PATIENCE = timedelta(hours=24)


def fetch_later(session: Session, sid: str, now: datetime, *, again: str = "") -> bool:
    """Whether a job to fetch the recording is now enqueued; one of the same name is not doubled."""
    key = f"recording:{sid}:{again}" if again else f"recording:{sid}"
    return enqueue(session, JOB, key, {"sid": sid, "since": now.isoformat()}, now)


def requeue(session: Session, sid: str, now: datetime) -> bool:
    """Whether a recording that was given up on, or has waited a day, is tried anew; once an hour at most."""
    row = find(session, sid)
    if row is None or row.status not in AWAITED:
        return False
    if row.status == RecordingStatus.PENDING and row.created_at > now - PATIENCE:
        return False
    return fetch_later(session, sid, now, again=f"{now:%Y%m%d%H}")


def find(session: Session, sid: str) -> Recording | None:
    """The recording of this carrier's SID."""
    return session.exec(select(Recording).where(Recording.carrier_sid == sid)).first()


def pause(since: datetime, now: datetime) -> timedelta | None:
    """How long to wait before the next try: as long again as it has taken so far; None after a day."""
    waited = now - since
    if waited >= PATIENCE:
        return None
    return min(max(waited, FIRST_PAUSE), LONGEST_PAUSE)


def missed(session: Session, sid: str, why: str, now: datetime, *, final: bool) -> None:
    """Show why the audio is not here: still trying, or given up on."""
    status = RecordingStatus.FAILED if final else RecordingStatus.PENDING
    error = f"{'gave up' if final else 'retrying'}: {why}"[:255]
    awaited = (col(Recording.carrier_sid) == sid, col(Recording.status).in_(AWAITED))
    changed = session.exec(
        update(Recording)
        .where(*awaited, col(Recording.error).is_distinct_from(error))
        .values(status=status, error=error)
    )
    if changed.rowcount:
        tell(session, sid)


def tell(session: Session, sid: str) -> None:
    """Let the screens that show the call know that its recording changed."""
    found = session.exec(
        select(Call.id, Call.agent_id)
        .join(Recording, col(Recording.call_id) == col(Call.id))
        .where(Recording.carrier_sid == sid)
    ).first()
    if found:
        call_id, agent_id = found
        announce(session, "call.updated", call_id, to=[agent_id] if agent_id else [], supervisors=True)
