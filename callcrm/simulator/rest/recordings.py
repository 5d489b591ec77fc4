"""Recordings in the REST API: list, fetch (also their media), delete."""

from typing import Any

from starlette.responses import JSONResponse, Response

from callcrm.simulator.recordings import Recording
from callcrm.simulator.rest.base import VERSION, ApiRequest, api_time, date_matches, page_response
from callcrm.simulator.rest.errors import RestError, not_found

DELETED = "deleted"


async def list_all(request: ApiRequest) -> Response:
    """The recordings of the account, or of one call, newest first."""
    query = request.query
    call_sid = request.http.path_params.get("sid") or query.get("CallSid")
    rows = [
        recording_json(request, recording)
        for recording in reversed(request.api.carrier.state.recordings.by_sid.values())
        if recording.status != DELETED
        and call_sid in (None, recording.call_sid)
        and date_matches(query, "DateCreated", recording.started)
    ]
    return page_response(request, "recordings", rows)


async def fetch(request: ApiRequest) -> Response:
    """A recording's metadata (`.json`), or its media (`.wav`, `.mp3`, without extension WAV)."""
    recording = _recording(request)
    extension = request.http.path_params["name"].partition(".")[2]
    if extension == "json":
        return JSONResponse(recording_json(request, recording))
    # The media is a 404 until the recording callback has said `completed`.
    if recording.status != "completed" or extension not in ("", "wav", "mp3"):
        raise not_found()
    if extension == "mp3":
        return Response(recording.mp3(), media_type="audio/mpeg")
    channels = request.query.get("RequestedChannels", "1")
    if channels not in ("1", "2") or int(channels) > recording.channels:
        raise RestError(400, 20001, "Requested channels are not available")
    return Response(recording.wav(int(channels)), media_type="audio/x-wav")


async def delete(request: ApiRequest) -> Response:
    """Delete a recording and its media."""
    _recording(request).status = DELETED
    return Response(status_code=204)


def _recording(request: ApiRequest) -> Recording:
    sid = request.http.path_params["name"].partition(".")[0]
    recording = request.api.carrier.state.recordings.by_sid.get(sid)
    if recording is None or recording.status == DELETED:
        raise not_found()
    return recording


def recording_json(request: ApiRequest, recording: Recording) -> dict[str, Any]:
    """A recording as the API's resource."""
    completed = recording.status == "completed"
    uri = f"{request.api.prefix}/Recordings/{recording.sid}"
    return {
        "sid": recording.sid,
        "account_sid": request.api.carrier.account_sid,
        "call_sid": recording.call_sid,
        "conference_sid": None,
        "status": recording.status,
        "source": recording.source,
        "channels": recording.channels,
        "duration": str(recording.seconds) if completed else None,
        "start_time": api_time(recording.started),
        "date_created": api_time(recording.started),
        "date_updated": api_time(recording.started),
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "api_version": VERSION,
        "media_url": request.api.carrier.state.settings.api_url + uri,
        "uri": f"{uri}.json",
    }
