"""Recordings still at the carrier: when each is asked for, and what its row says meanwhile."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from callcrm.live.announce import announce
from callcrm.models import Call, Job, Recording, RecordingStatus
from callcrm.store.later import enqueue

JOB = "fetch_recording"
AWAITED = (RecordingStatus.PENDING, RecordingStatus.FAILED)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=2)
PATIENCE = timedelta(hours=24)
OVERDUE = timedelta(hours=1)
RETRYING, GAVE_UP = "retrying", "gave up"


def fetch_later(session: Session, sid: str, now: datetime, *, again: str = "") -> bool:
    """Whether a job to fetch the recording is now enqueued; one of the same name is not doubled."""
    key = f"recording:{sid}:{again}" if again else f"recording:{sid}"
    return enqueue(session, JOB, key, {"sid": sid, "since": now.isoformat()}, now)


def requeue(session: Session, sid: str, now: datetime) -> bool:
    """Whether a recording that was given up on, or is overdue, is asked for anew: unless it is already."""
    row = find(session, sid)
    if row is None or row.status not in AWAITED or _in_hand(session, sid):
        return False
    given_up = row.status == RecordingStatus.FAILED and (row.error or "").startswith(GAVE_UP)
    overdue = row.status == RecordingStatus.PENDING and row.created_at <= now - OVERDUE
    return (given_up or overdue) and fetch_later(session, sid, now, again=f"{now:%Y%m%d%H%M}")


def _in_hand(session: Session, sid: str) -> bool:
    mine = col(Job.dedupe_key).startswith(f"{JOB}:recording:{sid}", autoescape=True)
    live = select(Job.id).where(mine, col(Job.done_at).is_(None), col(Job.dead_at).is_(None))
    return session.exec(live).first() is not None


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
    error = f"{GAVE_UP if final else RETRYING}: {why}"[:255]
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
