"""The audio of a recording as a response, whole or a range of bytes, for users who may hear it."""

from collections.abc import AsyncIterator
from typing import Protocol

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from callcrm.base.errors import NotFound
from callcrm.edge.ranges import parse_range
from callcrm.models import Recording, RecordingStatus
from callcrm.recordings.access import may_hear
from callcrm.recordings.storage import Storage, StoredFile
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
    return _respond(
        request, services, recording, await services.storage.describe(recording.storage_name or "")
    )


def _stored(session: Session, recording_id: str, user_id: str | None, role: str) -> Recording:
    recording = session.get(Recording, recording_id)
    if recording is None or not may_hear(session, user_id, role, recording):
        raise NotFound("There is no such recording.")
    if recording.status != RecordingStatus.STORED:
        raise NotFound(NO_AUDIO.get(RecordingStatus(recording.status), "This recording has no audio."))
    return recording


def _respond(request: Request, services: AudioServices, recording: Recording, file: StoredFile) -> Response:
    headers = _headers(recording, file)
    if file.etag in request.headers.get("if-none-match", "").split(", "):
        return Response(status_code=304, headers=headers)
    # If-Range with another ETag: the client has an older version, and needs all of this one.
    unchanged = request.headers.get("if-range") in (None, file.etag)
    byte_range = parse_range(request.headers.get("range"), file.size) if unchanged else None
    start, end = byte_range or (0, file.size)
    headers["Content-Length"] = str(end - start)
    if byte_range:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    status = 206 if byte_range else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    chunks: AsyncIterator[bytes] = services.storage.stream(file.name, start, end)
    return StreamingResponse(chunks, status, headers)


def _headers(recording: Recording, file: StoredFile) -> dict[str, str]:
    content_type = recording.content_type or "audio/wav"
    name = f"{recording.id}.{SUFFIX.get(content_type, 'audio')}"
    return {
        "Content-Type": content_type,
        "ETag": file.etag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'inline; filename="{name}"',
    }
