"""The list of waiting callers: rendered once for each language, and sent to streams at most once a second."""

import asyncio
from contextlib import suppress

from sqlmodel import Session
from starlette.responses import HTMLResponse, Response

from callcrm.business import tiers
from callcrm.business.decided import tiers_in_force
from callcrm.business.tiers import Tiers
from callcrm.i18n.locale import LANGUAGES
from callcrm.live.announce import Announcement
from callcrm.live.kinds import LiveKind
from callcrm.live.retry import run_forever
from callcrm.views.desk import waiting_callers
from callcrm.web.context import WebContext
from callcrm.web.page import Page
from callcrm.web.routes import get

MIN_INTERVAL = 1.0  # seconds at least between two drawings
MAX_AGE = 15.0  # seconds at most: a caller the carrier is silent about leaves the line without a word
WAITING = "waiting"
CHANGES = {LiveKind.CALL_OFFERED, LiveKind.CALL_UPDATED, LiveKind.CALL_ENDED, LiveKind.QUEUE_UPDATED}


class WaitingBoard:
    """The list of waiting callers in each language. One for a running app."""

    def __init__(self, web: WebContext) -> None:
        self._web = web
        self._waiting: list[waiting_callers.Waiting] = []
        self._tiers = tiers.NOBODY
        self._refreshed_at: float | None = None
        self._clock = web.services.clock
        self._drawn: dict[str, str] = {}
        self._shown: dict[str, list[waiting_callers.Waiting]] = {}
        self._stale = asyncio.Event()
        self._refreshing = asyncio.Lock()
        web.services.hub.observe(self._on_announcement)

    async def text(self, language: str) -> str:
        """The list as HTML, at most a second old."""
        async with self._refreshing:
            if self._refreshed_at is None or self._clock.monotonic() - self._refreshed_at > MIN_INTERVAL:
                await self._refresh()
        return self._text(language)

    async def keep_fresh(self) -> None:
        """Renders the list when calls change, and sends it to the streams of each language."""
        await run_forever(self._renew, self._clock, MIN_INTERVAL)

    async def _renew(self) -> None:
        with suppress(TimeoutError):
            async with self._clock.timeout(MAX_AGE):
                await self._stale.wait()
        self._stale.clear()
        await self._refresh()
        await self._show()

    def _on_announcement(self, announcement: Announcement) -> None:
        if announcement.kind in CHANGES:
            self._stale.set()

    async def _refresh(self) -> None:
        services = self._web.services

        def verb(session: Session) -> tuple[list[waiting_callers.Waiting], Tiers]:
            callers = waiting_callers.waiting_callers(session, now=services.clock.now(), queues=None)
            return callers, tiers_in_force(session)

        self._waiting, self._tiers = await services.store.read(verb)
        self._refreshed_at = self._clock.monotonic()
        self._drawn.clear()

    def _text(self, language: str) -> str:
        if language not in self._drawn:
            now = self._web.services.clock.now()
            context = {"waiting": self._waiting, "tiers": self._tiers, "now": now}
            self._drawn[language] = self._web.templates[language].page("desk/sidebar/_waiting.html", context)
        return self._drawn[language]

    async def _show(self) -> None:
        hub = self._web.services.hub
        shown_to = hub.topics()
        for language in LANGUAGES:
            topic = topic_of(language)
            if topic in shown_to and self._shown.get(language) != self._waiting:
                self._shown[language] = self._waiting
                await hub.show(topic, WAITING, self._text(language))


def topic_of(language: str) -> str:
    """The topic of the streams that are sent the list in this language."""
    return f"{WAITING}:{language}"


async def waiting(page: Page) -> Response:
    """The list as HTML, for a page in another language than its stream's."""
    return HTMLResponse(await page.web.shared(WaitingBoard).text(page.locale.language))


routes = [get("/desk/waiting", waiting, keeps_session=False)]
