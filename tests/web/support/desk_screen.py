"""A desk screen without a browser: it follows a live stream or polls, and fetches the desk at each event."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.web.support.live_app import LiveApp, Person


class DeskScreen:
    """What one browser shows: fetched again at each event, as the pages' scripts do.

    `parts` is the HTML by path, `events` the kind and subject of each event, `last_id` the id to resume from.
    """

    def __init__(self, app: LiveApp, person: Person) -> None:
        self.app, self.person = app, person
        self.parts: dict[str, str] = {}
        self.events: list[tuple[str, str]] = []
        self.waiting = ""
        self.last_id: str | None = None

    async def load(self) -> None:
        """Loads the page; the event id is taken before its parts, so that nothing falls between."""
        self.last_id = self.app.services.hub.last_event_id
        self.parts = await self.app.desk_parts(self.person)
        self.waiting = (await self.app.get(self.person, "/desk/waiting")).text

    async def handle(self, kind: str, data: str) -> None:
        """Does what the page's script does at this event."""
        if kind == "waiting":
            self.waiting = data
        elif kind not in ("hello", "pulse"):
            self.events.append((kind, data))
            self.parts = await self.app.desk_parts(self.person)

    async def listen(self, duration: Callable[[], float]) -> None:
        """Follows one stream after another, each cut after so many seconds, until cancelled."""
        while True:
            stream = await self.app.stream(self.person, self.last_id).ready()
            try:
                async with asyncio.timeout(duration()):
                    while True:
                        event = await stream.events.get()
                        self.last_id = event.id or self.last_id
                        data = json.loads(event.data) if event.kind == "waiting" else event.data
                        await asyncio.shield(self.handle(event.kind, data))
            except TimeoutError:
                pass
            finally:
                await stream.disconnect()

    async def poll(self, interval: Callable[[], float]) -> None:
        """Polls for changes, so many seconds apart, until cancelled."""
        while True:
            response = await self.app.get(self.person, f"/desk/changes?after={self.last_id or ''}")
            changes: dict[str, Any] = response.json()
            self.last_id = changes["mark"]
            for change in changes["items"]:
                await self.handle(change["kind"], change["subject"])
            if "waiting" in changes:
                self.waiting = changes["waiting"]
            await asyncio.sleep(interval())


forever = partial(float, 3600)
