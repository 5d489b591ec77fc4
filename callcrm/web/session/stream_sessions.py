"""Who may go on listening: a stream ends with the session it hangs on."""

from contextlib import suppress
from functools import partial

from callcrm.agents.sessions import valid_sessions
from callcrm.base.errors import Unavailable
from callcrm.live.announce import Announcement
from callcrm.live.kinds import LiveKind
from callcrm.web.context import WebContext

LOOK = 10.0  # seconds between two looks: sessions also end by age, or with a user sent away


class StreamSessions:
    """Ends streams here: at once when it is announced, else at the next look. One for a running app."""

    def __init__(self, web: WebContext) -> None:
        self._services = web.services
        web.services.hub.observe(self._heard)

    async def keep_out(self) -> None:
        """Look again and again at the sessions that open streams hang on, all of them at once."""
        while True:
            await self._services.clock.sleep(LOOK)
            with suppress(Unavailable):
                await self._look()

    async def _look(self) -> None:
        hub, now = self._services.hub, self._services.clock.now()
        heard_as = hub.sessions()
        good = await self._services.store.read(partial(valid_sessions, session_ids=list(heard_as), now=now))
        hub.end_sessions({one for one, supervisor in heard_as.items() if good.get(one) is not supervisor})

    def _heard(self, one: Announcement) -> None:
        if one.kind == LiveKind.SESSION_ENDED:
            self._services.hub.end_sessions({one.subject})
