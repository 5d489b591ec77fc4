"""The audio of a recording, whole or in part, for those who may hear it."""

from collections.abc import AsyncIterator

from sqlmodel import Session
from starlette.responses import Response, StreamingResponse

from callcrm.agents.tokens import Principal
from callcrm.api.context import Ask
from callcrm.api.ranges import wanted
from callcrm.base.errors import NotFound
from callcrm.models import Recording, RecordingStatus
from callcrm.recordings.access import may_hear
from callcrm.recordings.storage import Stored

SUFFIX = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg"}


SILENT = {
    RecordingStatus.PENDING: "This recording has not been fetched from the carrier yet.",
    RecordingStatus.FAILED: "This recording could not be had from the carrier.",
}


async def recording_media(ask: Ask) -> Response:
    """The audio, with ETag and byte ranges."""
    recording_id = ask.id
    recording = await ask.read(lambda session: _heard(session, recording_id, ask.who))
    return _audio(ask, recording, await ask.services.storage.describe(recording.path or ""))


def _heard(session: Session, recording_id: str, who: Principal) -> Recording:
    found = session.get(Recording, recording_id)
    if found is None or not may_hear(session, who.user_id, who.role, found):
        raise NotFound("There is no such recording.")
    if found.status != RecordingStatus.STORED:
        raise NotFound(SILENT.get(RecordingStatus(found.status), "This recording has no audio."))
    return found


def _audio(ask: Ask, recording: Recording, stored: Stored) -> Response:
    headers = _headers(recording, stored)
    asked = ask.request.headers
    if stored.etag in asked.get("if-none-match", "").split(", "):
        return Response(status_code=304, headers=headers)
    fresh = asked.get("if-range") in (None, stored.etag)
    part = wanted(asked.get("range"), stored.size) if fresh else None
    start, end = part or (0, stored.size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{stored.size}"
    return _sent(ask, stored.name, start, end, 206 if part else 200, headers)


def _sent(ask: Ask, name: str, start: int, end: int, status: int, headers: dict[str, str]) -> Response:
    if ask.request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    pieces: AsyncIterator[bytes] = ask.services.storage.stream(name, start, end)
    return StreamingResponse(pieces, status, headers)


def _headers(recording: Recording, stored: Stored) -> dict[str, str]:
    kind = recording.content_type or "audio/wav"
    name = f"{recording.id}.{SUFFIX.get(kind, 'audio')}"
    return {
        "Content-Type": kind,
        "ETag": stored.etag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'inline; filename="{name}"',
    }
