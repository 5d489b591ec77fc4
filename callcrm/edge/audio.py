"""The audio of a recording as a response, whole or a range of bytes, for users who may hear it."""

from typing import Protocol

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from callcrm.base.errors import NotFound
from callcrm.edge.files.stored_file import file_response
from callcrm.models import Recording, RecordingStatus
from callcrm.recordings.access import may_hear
from callcrm.recordings.storage import Storage
from callcrm.store.store import Store

SUFFIX = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg"}
NO_AUDIO = {
    RecordingStatus.PENDING: "This recording has not been fetched from the carrier yet.",
    RecordingStatus.FAILED: "This recording could not be had from the carrier.",
}


class AudioServices(Protocol):
    """The services it needs."""

    @property
    def store(self) -> Store: ...

    @property
    def storage(self) -> Storage: ...


async def audio_response(
    request: Request, services: AudioServices, recording_id: str, user_id: str | None, role: str
) -> Response:
    """The audio, with ETag and byte ranges. NotFound if there is none this user may hear, Unsatisfiable for
    bytes beyond its end.
    """
    recording = await services.store.read(lambda session: _stored(session, recording_id, user_id, role))
    file = await services.storage.describe(recording.storage_name or "")
    return file_response(request, services.storage, file, _headers(recording))


def _stored(session: Session, recording_id: str, user_id: str | None, role: str) -> Recording:
    recording = session.get(Recording, recording_id)
    if recording is None or not may_hear(session, user_id, role, recording):
        raise NotFound("There is no such recording.")
    if recording.status != RecordingStatus.STORED:
        raise NotFound(NO_AUDIO.get(RecordingStatus(recording.status), "This recording has no audio."))
    return recording


def _headers(recording: Recording) -> dict[str, str]:
    content_type = recording.content_type or "audio/wav"
    name = f"{recording.id}.{SUFFIX.get(content_type, 'audio')}"
    return {
        "Content-Type": content_type,
        "Content-Disposition": f'inline; filename="{name}"',
    }
