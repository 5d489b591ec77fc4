"""The audio of recordings, and the row with their player."""

from starlette.responses import Response

from callcrm.edge.audio import audio_response
from callcrm.edge.ranges import Unsatisfiable
from callcrm.views.calls.playback import playback
from callcrm.web.page import Page
from callcrm.web.routes import get


async def audio(page: Page) -> Response:
    """The audio, whole or a byte range."""
    try:
        answer = await audio_response(page.request, page.services, page.id, page.user.user_id, page.user.role)
    except Unsatisfiable as range_fault:
        return Response(status_code=416, headers={"Content-Range": str(range_fault)})
    return answer  # it is kept nowhere: what it is said in is nobody's but theirs (SecurityHeaders: no-store)


async def player_row(page: Page) -> Response:
    """The player of one recording, for htmx."""
    recording = await page.read(lambda session: playback(session, page.user.principal, page.locale, page.id))
    return page.respond("calls/_player.html", recording=recording)


routes = [get("/recordings/{id}", audio), get("/recordings/{id}/line", player_row)]
