"""The carrier's words about recordings, for readers who may not hear them: an address is the audio itself."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlmodel import Session, select

from callcrm.models import Recording
from callcrm.recordings.access import SUPERVISING, permitted

# How the fields begin that lead to the audio, or say what was spoken in it.
TELLING = ("recordingurl", "recordingsid", "transcription")
IN_ADDRESSES = "/recordings/"


def heard_sids(session: Session, user_id: str | None, role: str, call_id: str) -> frozenset[str] | None:
    """The carrier's SIDs of those recordings of a call that this user may hear; None for all there may be."""
    if role in SUPERVISING:
        return None
    heard = select(Recording.carrier_sid).where(Recording.call_id == call_id, permitted(user_id, role))
    return frozenset(session.exec(heard))


def without_unheard(data: Mapping[str, Any], heard: Collection[str] | None) -> dict[str, Any]:
    """The fields of an event of the carrier's without those that lead to a recording that is not `heard`."""
    telling = {name: str(value) for name, value in data.items() if _tells(name, str(value))}
    if heard is None or any(sid in text for text in telling.values() for sid in heard):
        return dict(data)
    return {name: value for name, value in data.items() if name not in telling}


def is_told(sid: str, heard: Collection[str] | None) -> bool:
    """Whether the SID of an event about a recording may be told."""
    return heard is None or sid in heard


def _tells(name: str, value: str) -> bool:
    return name.lower().startswith(TELLING) or IN_ADDRESSES in value.lower()
