"""Recordings the ledger tells of become rows, and those that are ready become work for later."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, delete, insert, select, update
from sqlmodel import Session

from callcrm.base.ids import derived_id
from callcrm.ledger.fold import RecordingHistory
from callcrm.models import Recording, RecordingStatus
from callcrm.recordings.due import AWAITED, fetch_later

NOTHING = "the carrier recorded nothing"
RECORDING: Table = Recording.__table__  # type: ignore[attr-defined]


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
    mine = select(RECORDING).where(RECORDING.c.carrier_sid.in_([one.sid for one in told]))
    there = {row["carrier_sid"]: dict(row) for row in session.connection().execute(mine).mappings()}
    for one in told:
        _write(session, call_id, one, there.get(one.sid), one.at or started_at)
        if one.ready:
            fetch_later(session, one.sid, now)


def _forget(session: Session, sid: str) -> None:
    awaited = (RECORDING.c.carrier_sid == sid, RECORDING.c.status.in_(AWAITED))
    session.connection().execute(delete(RECORDING).where(*awaited))


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
        session.connection().execute(insert(RECORDING).values(**ids, **values))
    elif any(there[name] != value for name, value in values.items()):
        session.connection().execute(
            update(RECORDING).where(RECORDING.c.carrier_sid == one.sid).values(**values)
        )


def _other_error(there: dict[str, object] | None) -> object:
    """Why an earlier attempt to fetch it failed, if one did."""
    return there["error"] if there and there["error"] != NOTHING else None
