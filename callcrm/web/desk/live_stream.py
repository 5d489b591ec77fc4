"""Live events for pages: as server-sent events, or polled where a stream is not possible.

Both carry kinds and ids alone. Pages load what they show by the ordinary routes, so that each shows what its
user may see, and one that was disconnected catches up.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, suppress

from starlette.responses import JSONResponse, Response

from callcrm.base.errors import Unavailable
from callcrm.edge.stream import HEADERS, HELLO, MEDIA_TYPE, EventStream
from callcrm.live.kinds import PAGE_KINDS
from callcrm.live.listener import Item
from callcrm.live.seen_ids import parse_seen_ids
from callcrm.web.context import WebContext
from callcrm.web.desk.waiting import WaitingBoard, topic_of
from callcrm.web.page import Page
from callcrm.web.routes import get
from callcrm.web.session.stream_sessions import StreamSessions

KEEPALIVE = 10.0  # seconds; an event, because a browser can't see comments
KEEPALIVE_EVENT = "event: pulse\ndata: 1\n\n"


class OpenStreams:
    """Background work that runs while any stream is open. One for a running app."""

    def __init__(self, web: WebContext) -> None:
        self.board, self._sessions = web.shared(WaitingBoard), web.shared(StreamSessions)
        self._open = 0
        self._tasks: list[asyncio.Task[None]] = []

    @contextmanager
    def track(self) -> Iterator[None]:
        """Counts a stream as open inside the `with`."""
        self._open += 1
        if not self._tasks:
            work = (self.board.keep_fresh(), self._sessions.watch())
            self._tasks = [asyncio.create_task(coroutine) for coroutine in work]
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                for task in self._tasks:
                    task.cancel()
                self._tasks = []


async def stream(page: Page) -> Response:
    """Server-sent events until the login session ends."""
    if page.request.method == "HEAD":
        return Response(headers=HEADERS, media_type=MEDIA_TYPE)
    page.services.hub.check_room(page.user.user_id)
    return EventStream(_events(page), page.clock)


async def _events(page: Page) -> AsyncGenerator[str]:
    yield HELLO
    hub, user, after = page.services.hub, page.user, _after(page)
    items = hub.subscribe(
        user.user_id,
        supervisor=user.supervises,
        after=after,
        keepalive=KEEPALIVE,
        session=user.session_id,
        topics={topic_of(page.locale.language)},
    )
    begun = False
    # Without the store there is nothing to tell: the client comes again and is told what it missed.
    with suppress(Unavailable), page.web.shared(OpenStreams).track():
        async with aclosing(items):
            async for item in items:
                yield _frame(item) if begun else await _hello(page, after)
                begun = True


def _after(page: Page) -> str | None:
    """The Last-Event-ID: from the header, or on a page's first connection from the query."""
    return page.request.headers.get("last-event-id") or page.request.query_params.get("after")


async def _hello(page: Page, after: str | None) -> str:
    """The first event: from here on nothing is missed. With the id to resume from and the waiting callers."""
    mark = page.services.hub.last_event_id
    begin = "" if parse_seen_ids(after) or not mark else f"id: {mark}\n"
    waiting = await page.web.shared(WaitingBoard).text(page.locale.language)
    return f"{begin}event: hello\ndata: 1\n\n{_waiting_event(waiting)}"


def _frame(item: Item | None) -> str:
    if item is None or not (item.text or item.kind in PAGE_KINDS):
        return KEEPALIVE_EVENT
    if item.text:
        return _waiting_event(item.text)
    return f"id: {item.id}\nevent: {item.kind}\ndata: {item.subject}\n\n"


def _waiting_event(html: str) -> str:
    return f"event: waiting\ndata: {json.dumps(html)}\n\n"


async def changes(page: Page) -> Response:
    """Events since the mark `after`, as JSON; and the waiting callers if they differ from `drawn`."""
    query, user = page.request.query_params, page.user
    items, mark = await page.services.hub.missed_since(
        user.user_id, supervisor=user.supervises, after=query.get("after")
    )
    html = await page.web.shared(WaitingBoard).text(page.locale.language)
    drawn = hashlib.sha256(html.encode()).hexdigest()[:12]
    events = [{"kind": item.kind, "subject": item.subject} for item in items if item.kind in PAGE_KINDS]
    fresh = {"waiting": html} if drawn != query.get("drawn") else {}
    return JSONResponse({"mark": mark, "items": events, "drawn": drawn, **fresh})


routes = [
    get("/desk/events", stream, keeps_session=False),
    get("/desk/changes", changes, keeps_session=False),
]
