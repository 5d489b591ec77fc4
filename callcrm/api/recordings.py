"""The endpoint of recordings' audio, for those who may hear it."""

from starlette.responses import Response

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.problems import Problem
from callcrm.edge.audio import audio_response
from callcrm.edge.ranges import Unsatisfiable

endpoints = Endpoints()


@endpoints.get("/recordings/{id}/media", answers="audio/*")
async def recording_media(context: ApiContext) -> Response:
    """The audio of a recording, whole or a range of bytes."""
    principal = context.principal
    try:
        return await audio_response(
            context.request, context.services, context.id, principal.user_id, principal.role
        )
    except Unsatisfiable as fault:
        headers = {"Content-Range": str(fault)}
        raise Problem(416, "These bytes can't be had.", headers=headers) from None
