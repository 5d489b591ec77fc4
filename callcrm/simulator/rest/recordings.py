"""Recordings in the REST API: list, look up, fetch their sound, delete."""

from typing import Any

from starlette.responses import JSONResponse, Response

from callcrm.simulator.recordings import Recording
from callcrm.simulator.rest.base import VERSION, Ask, listing, stamp, within
from callcrm.simulator.rest.errors import RestError, not_found

GONE = "deleted"


async def listed(ask: Ask) -> Response:
    """The account's (or one call's) recordings, newest first."""
    query = dict(ask.request.query_params)
    call = ask.request.path_params.get("sid") or query.get("CallSid")
    every = reversed(ask.rest.carrier.switch.recordings.by_sid.values())
    rows = [
        recording_json(ask, recording)
        for recording in every
        if recording.status != GONE
        and call in (None, recording.call_sid)
        and within(query, "DateCreated", recording.started)
    ]
    return listing(ask, "recordings", rows)


async def one(ask: Ask) -> Response:
    """What is known of a recording (`.json`), or its sound (`.wav`, `.mp3`, or nothing for WAV)."""
    recording = _recording(ask)
    kind = ask.request.path_params["name"].partition(".")[2]
    if kind == "json":
        return JSONResponse(recording_json(ask, recording))
    if recording.status != "completed" or kind not in ("", "wav", "mp3"):
        raise not_found()
    if kind == "mp3":
        return Response(recording.mp3(), media_type="audio/mpeg")
    channels = ask.request.query_params.get("RequestedChannels", "1")
    if channels not in ("1", "2") or int(channels) > recording.channels:
        raise RestError(400, 20001, "Requested channels are not available")
    return Response(recording.wav(int(channels)), media_type="audio/x-wav")


async def delete(ask: Ask) -> Response:
    """Delete a recording: its sound is gone."""
    _recording(ask).status = GONE
    return Response(status_code=204)


def _recording(ask: Ask) -> Recording:
    sid = ask.request.path_params["name"].partition(".")[0]
    recording = ask.rest.carrier.switch.recordings.by_sid.get(sid)
    if recording is None or recording.status == GONE:
        raise not_found()
    return recording


def recording_json(ask: Ask, recording: Recording) -> dict[str, Any]:
    """A recording as the API shows it."""
    done = recording.status == "completed"
    uri = f"{ask.rest.prefix}/Recordings/{recording.sid}"
    return {
        "sid": recording.sid,
        "account_sid": ask.rest.carrier.account_sid,
        "call_sid": recording.call_sid,
        "conference_sid": None,
        "status": recording.status,
        "source": recording.source,
        "channels": recording.channels,
        "duration": str(recording.seconds) if done else None,
        "start_time": stamp(recording.started),
        "date_created": stamp(recording.started),
        "date_updated": stamp(recording.started),
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "api_version": VERSION,
        "media_url": ask.rest.carrier.switch.settings.api_url + uri,
        "uri": f"{uri}.json",
    }
