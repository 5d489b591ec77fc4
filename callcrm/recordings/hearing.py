"""Who may hear a recording."""

from sqlalchemy import or_
from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound
from callcrm.models import Call, Leg, Recording, RecordingKind, RecordingStatus

SILENT = {
    RecordingStatus.PENDING: "This recording has not been fetched from the carrier yet.",
    RecordingStatus.FAILED: "This recording could not be had from the carrier.",
    RecordingStatus.DELETED: "This recording has been deleted.",
}


def heard(session: Session, recording_id: str, user_id: str | None, *, everything: bool) -> Recording:
    """The stored recording; NotFound if there is none yet, or none for this one.

    Whoever may not hear everything hears voicemails and the calls they took part in.
    """
    found = session.get(Recording, recording_id)
    if found is None or not (everything or _theirs(session, found, user_id)):
        raise NotFound("There is no such recording.")
    if found.status != RecordingStatus.STORED or found.path is None:
        raise NotFound(SILENT.get(RecordingStatus(found.status), "This recording has no audio."))
    return found


def _theirs(session: Session, recording: Recording, user_id: str | None) -> bool:
    if user_id is None:
        return False
    if recording.kind == RecordingKind.VOICEMAIL:
        return True
    rung = select(Leg.call_id).where(Leg.agent_id == user_id, col(Leg.answered_at).is_not(None))
    took_part = or_(col(Call.agent_id) == user_id, col(Call.id).in_(rung))
    return session.exec(select(Call.id).where(Call.id == recording.call_id, took_part)).first() is not None
