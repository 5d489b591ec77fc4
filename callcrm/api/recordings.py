"""The audio of a recording, whole or in part, for those who may hear it."""

from starlette.responses import Response

from callcrm.api.http.context import Ask
from callcrm.api.http.problems import Problem
from callcrm.edge.audio import audio_response
from callcrm.edge.ranges import Unsatisfiable


async def recording_media(ask: Ask) -> Response:
    """The audio, with ETag and byte ranges; a Problem 416 for bytes it doesn't have."""
    try:
        return await audio_response(ask.request, ask.services, ask.id, ask.who.user_id, ask.who.role)
    except Unsatisfiable as fault:
        headers = {"Content-Range": str(fault)}
        raise Problem(416, "These bytes can't be had.", headers=headers) from None
