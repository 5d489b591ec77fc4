"""Recordings still at the carrier: their rows, when each is fetched, and what its row says meanwhile."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select, update

from callcrm.base.ids import derived_id
from callcrm.ledger.fold import RecordingHistory
from callcrm.live.announce import announce
from callcrm.models import Call, Job, Recording, RecordingStatus
from callcrm.store.enqueue import enqueue

NOTHING = "the carrier recorded nothing"
RECORDING: sa.Table = Recording.__table__  # type: ignore[attr-defined]


def note(
    session: Session,
    call_id: str,
    told: Sequence[RecordingHistory],
    started_at: datetime,
    now: datetime,
    *,
    about: str | None,
) -> None:
    """Insert or correct the rows of a call's recordings; fetch each once the carrier has it.

    `about` is the recording the newest event speaks of: if nobody spoke in it after all, its row goes.
    """
    if about and all(one.sid != about for one in told):
        _forget(session, about)
    if not told:
        return
    # by SID, not by call: one told of by a leg's SID may stand under a call that was none
    mine = sa.select(RECORDING).where(RECORDING.c.carrier_sid.in_([one.sid for one in told]))
    there = {row["carrier_sid"]: dict(row) for row in session.connection().execute(mine).mappings()}
    for one in told:
        _write(session, call_id, one, there.get(one.sid), one.at or started_at)
        if one.ready:
            fetch_later(session, one.sid, now)


def _forget(session: Session, sid: str) -> None:
    awaited = (RECORDING.c.carrier_sid == sid, RECORDING.c.status.in_(AWAITED))
    session.connection().execute(sa.delete(RECORDING).where(*awaited))


def _write(
    session: Session, call_id: str, one: RecordingHistory, there: dict[str, object] | None, at: datetime
) -> None:
    nothing = one.absent and not one.ready
    values: dict[str, object] = {
        "call_id": call_id,
        "kind": one.kind,
        "duration_seconds": one.seconds,
        "channels": one.channels,
        "created_at": at,
    }
    if there is None or there["status"] == RecordingStatus.PENDING or there["error"] == NOTHING:
        values["status"] = RecordingStatus.FAILED if nothing else RecordingStatus.PENDING
        values["error"] = NOTHING if nothing else _other_error(there)
    if there is None:
        ids = {"id": derived_id("rec", one.sid), "carrier_sid": one.sid}
        session.connection().execute(sa.insert(RECORDING).values(**ids, **values))
    elif any(there[name] != value for name, value in values.items()):
        session.connection().execute(
            sa.update(RECORDING).where(RECORDING.c.carrier_sid == one.sid).values(**values)
        )


def _other_error(there: dict[str, object] | None) -> object:
    """Why an earlier attempt to fetch it failed, if one did."""
    return there["error"] if there and there["error"] != NOTHING else None


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
