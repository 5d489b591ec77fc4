"""The audio of a recording, whole or in part, for those who may hear it."""

from collections.abc import AsyncIterator
from typing import Protocol

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from callcrm.base.errors import NotFound
from callcrm.edge.ranges import wanted
from callcrm.models import Recording, RecordingStatus
from callcrm.recordings.access import may_hear
from callcrm.recordings.storage import Storage, StoredFile
from callcrm.store.store import Store

SUFFIX = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg"}


SILENT = {
    RecordingStatus.PENDING: "This recording has not been fetched from the carrier yet.",
    RecordingStatus.FAILED: "This recording could not be had from the carrier.",
}


class Services(Protocol):
    """The parts of the house it takes."""

    @property
    def store(self) -> Store: ...

    @property
    def storage(self) -> Storage: ...


async def audio(
    request: Request, services: Services, recording_id: str, user_id: str | None, role: str
) -> Response:
    """The audio, with ETag and byte ranges; NotFound if there is none for this one, else Unsatisfiable for
    bytes it doesn't have.
    """
    recording = await services.store.read(lambda session: _heard(session, recording_id, user_id, role))
    return _audio(request, services, recording, await services.storage.describe(recording.path or ""))


def _heard(session: Session, recording_id: str, user_id: str | None, role: str) -> Recording:
    found = session.get(Recording, recording_id)
    if found is None or not may_hear(session, user_id, role, found):
        raise NotFound("There is no such recording.")
    if found.status != RecordingStatus.STORED:
        raise NotFound(SILENT.get(RecordingStatus(found.status), "This recording has no audio."))
    return found


def _audio(request: Request, services: Services, recording: Recording, stored: StoredFile) -> Response:
    headers = _headers(recording, stored)
    asked = request.headers
    if stored.etag in asked.get("if-none-match", "").split(", "):
        return Response(status_code=304, headers=headers)
    fresh = asked.get("if-range") in (None, stored.etag)
    part = wanted(asked.get("range"), stored.size) if fresh else None
    start, end = part or (0, stored.size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{stored.size}"
    return _sent(request, services, stored.name, start, end, 206 if part else 200, headers)


def _sent(
    request: Request,
    services: Services,
    name: str,
    start: int,
    end: int,
    status: int,
    headers: dict[str, str],
) -> Response:
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    pieces: AsyncIterator[bytes] = services.storage.stream(name, start, end)
    return StreamingResponse(pieces, status, headers)


def _headers(recording: Recording, stored: StoredFile) -> dict[str, str]:
    kind = recording.content_type or "audio/wav"
    name = f"{recording.id}.{SUFFIX.get(kind, 'audio')}"
    return {
        "Content-Type": kind,
        "ETag": stored.etag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'inline; filename="{name}"',
    }
