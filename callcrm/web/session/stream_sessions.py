"""Ends live streams whose login session has ended unannounced; the hub ends the others."""

from functools import partial

from callcrm.agents.sessions import valid_sessions
from callcrm.live.retry import run_forever
from callcrm.web.context import WebContext

CHECK_INTERVAL = 10.0  # seconds; sessions also end by age, or with a user who is disabled


class StreamSessions:
    """Checks the sessions of open streams."""

    def __init__(self, web: WebContext) -> None:
        self._services = web.services

    async def watch(self) -> None:
        """Checks the sessions of all open streams every few seconds, in one query."""
        await run_forever(self._check, self._services.clock, CHECK_INTERVAL)

    async def _check(self) -> None:
        hub, now = self._services.hub, self._services.clock.now()
        supervises = hub.sessions()
        valid = await self._services.store.read(
            partial(valid_sessions, session_ids=list(supervises), now=now)
        )
        hub.end_sessions({session for session, role in supervises.items() if valid.get(session) is not role})
