"""The rows of recordings, from the first callback about one until its audio is stored or given up on."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select, update

from callcrm.base.ids import derived_id
from callcrm.ledger.fold import FoldedRecording
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Call, Job, Recording, RecordingStatus
from callcrm.models.conventions import table_of
from callcrm.store.deferred_writes import read_prepared, write_deferred
from callcrm.store.enqueue import enqueue

RECORDING = table_of(Recording)
_BY_SID = sa.select(RECORDING).where(RECORDING.c.carrier_sid == sa.bindparam("sid"))
_INSERT = sa.insert(RECORDING)
FETCH_JOB = "fetch_recording"
NOT_STORED = (RecordingStatus.PENDING, RecordingStatus.FAILED)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=2)
GIVE_UP_AFTER = timedelta(hours=24)
OVERDUE = timedelta(hours=1)
# How `error` begins; the first is all of it.
NOTHING_RECORDED, RETRYING, GAVE_UP = "the carrier recorded nothing", "retrying", "gave up"


def save_recordings(
    session: Session,
    call_id: str,
    recordings: Sequence[FoldedRecording],
    started_at: datetime,
    now: datetime,
    *,
    changed_sid: str | None,
) -> None:
    """Inserts or updates the rows of a call's recordings, and enqueues the fetch of each that is ready.

    `changed_sid` is the recording the newest event is about: where it is not among the recordings after all
    (a voicemail nobody spoke in), its row is deleted.
    """
    if changed_sid and all(recording.sid != changed_sid for recording in recordings):
        _delete_unless_stored(session, changed_sid)
    if not recordings:
        return
    for recording in recordings:
        # By SID, not by call: a row may stand under a leg that was taken for a call of its own.
        rows = read_prepared(session, _BY_SID, {"sid": recording.sid})
        _save(session, call_id, recording, rows[0] if rows else None, recording.at or started_at)
        if recording.ready:
            enqueue_fetch(session, recording.sid, now)


def _delete_unless_stored(session: Session, sid: str) -> None:
    not_stored = (RECORDING.c.carrier_sid == sid, RECORDING.c.status.in_(NOT_STORED))
    session.connection().execute(sa.delete(RECORDING).where(*not_stored))


def _save(
    session: Session, call_id: str, recording: FoldedRecording, row: dict[str, object] | None, at: datetime
) -> None:
    absent = recording.absent and not recording.ready
    values: dict[str, object] = {
        "call_id": call_id,
        "kind": recording.kind,
        "duration_seconds": recording.seconds,
        "channels": recording.channels,
        "created_at": at,
    }
    # Once the audio is stored, or deleted, late callbacks do not change the status.
    if row is None or row["status"] == RecordingStatus.PENDING or row["error"] == NOTHING_RECORDED:
        values["status"] = RecordingStatus.FAILED if absent else RecordingStatus.PENDING
        values["error"] = NOTHING_RECORDED if absent else _fetch_error(row)
    if row is None:
        ids = {"id": derived_id("rec", recording.sid), "carrier_sid": recording.sid}
        write_deferred(session, _INSERT, ids | values)
    elif changed := {name: value for name, value in values.items() if row[name] != value}:
        update = sa.update(RECORDING).where(RECORDING.c.carrier_sid == recording.sid)
        session.connection().execute(update.values(**changed))


def _fetch_error(row: dict[str, object] | None) -> object:
    """Why an earlier attempt to fetch it failed, if one did."""
    return row["error"] if row and row["error"] != NOTHING_RECORDED else None


def enqueue_fetch(session: Session, sid: str, now: datetime, *, again: str = "") -> bool:
    """Whether a job to fetch the recording was enqueued: to each value of `again` there is one job."""
    key = f"recording:{sid}:{again}" if again else f"recording:{sid}"
    return enqueue(session, FETCH_JOB, key, {"sid": sid, "since": now.isoformat()}, now)


def requeue(session: Session, sid: str, now: datetime) -> bool:
    """Whether a fetch was enqueued anew: for a recording that was given up on or is overdue, and that no
    job is fetching.
    """
    row = by_sid(session, sid)
    if row is None or row.status not in NOT_STORED or _has_live_job(session, sid):
        return False
    given_up = row.status == RecordingStatus.FAILED and (row.error or "").startswith(GAVE_UP)
    overdue = row.status == RecordingStatus.PENDING and row.created_at <= now - OVERDUE
    return (given_up or overdue) and enqueue_fetch(session, sid, now, again=f"{now:%Y%m%d%H%M}")


def _has_live_job(session: Session, sid: str) -> bool:
    of_recording = col(Job.dedupe_key).startswith(f"{FETCH_JOB}:recording:{sid}", autoescape=True)
    live = select(Job.id).where(of_recording, col(Job.done_at).is_(None), col(Job.dead_at).is_(None))
    return session.exec(live).first() is not None


def by_sid(session: Session, sid: str) -> Recording | None:
    """The recording of this carrier's SID."""
    return session.exec(select(Recording).where(Recording.carrier_sid == sid)).first()


def retry_pause(since: datetime, now: datetime) -> timedelta | None:
    """How long to wait before the next attempt: as long again as it has taken so far; None after a day."""
    waited = now - since
    if waited >= GIVE_UP_AFTER:
        return None
    return min(max(waited, FIRST_PAUSE), LONGEST_PAUSE)


def record_failure(session: Session, sid: str, reason: str, *, final: bool) -> None:
    """Records why the audio could not be fetched, and announces it; `final` if it is given up on."""
    status = RecordingStatus.FAILED if final else RecordingStatus.PENDING
    error = f"{GAVE_UP if final else RETRYING}: {reason}"[:255]
    not_stored = (col(Recording.carrier_sid) == sid, col(Recording.status).in_(NOT_STORED))
    changed = session.exec(
        update(Recording)
        .where(*not_stored, col(Recording.error).is_distinct_from(error))
        .values(status=status, error=error)
    )
    if changed.rowcount:
        announce_change(session, sid)


def announce_change(session: Session, sid: str) -> None:
    """Announces that the recording's call changed."""
    call = session.exec(
        select(Call.id, Call.agent_id)
        .join(Recording, col(Recording.call_id) == col(Call.id))
        .where(Recording.carrier_sid == sid)
    ).first()
    if call:
        call_id, agent_id = call
        announce(session, LiveKind.CALL_UPDATED, call_id, to=[agent_id] if agent_id else [])
