"""One open stream: a bounded queue of what it is to be told."""

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

from callcrm.live.announce import Announcement
from callcrm.live.seen_ids import SeenIds

ROOM = 256


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to tell a client. It gives `id` back to go on from here; `row` is the announcement's own.

    What is shown to many at once and kept nowhere has neither, but a `text`.
    """

    id: str
    row: int
    kind: str
    subject: str
    text: str = ""


class Listener:
    """A client's place in the hub. Who is not a user of ours (`user_id` None) hears what supervisors hear.

    `session` is what its right to listen hangs on, `topic` what it is shown besides.
    """

    __slots__ = ("_items", "_news", "_shown", "known", "over", "session", "supervisor", "topic", "user_id")

    def __init__(
        self, user_id: str | None, *, supervisor: bool, known: SeenIds, session: str = "", topic: str = ""
    ) -> None:
        self.user_id = user_id
        self.supervisor = supervisor
        self.known = known
        self.session = session
        self.topic = topic
        self.over = False
        self._items: deque[Item] = deque()
        self._shown: Item | None = None
        self._news = asyncio.Event()

    def concerned_by(self, one: Announcement) -> bool:
        """Whether this client is to be told."""
        return one.concerns(self.user_id, supervisor=self.supervisor)

    def offer(self, item: Item) -> bool:
        """Queue the item; False if the client is so slow that there is no room, which ends its stream."""
        if len(self._items) >= ROOM:
            self.end()
            return False
        self._items.append(item)
        self._news.set()
        return True

    def show(self, item: Item) -> None:
        """Show this in place of what was to be shown; whoever is slow gets the latest alone."""
        self._shown = item
        self._news.set()

    def end(self) -> None:
        """Queue no more; the client comes again and is told what it missed."""
        self.over = True
        self._news.set()

    @property
    def done(self) -> bool:
        """Whether the stream has ended and all that was queued before is taken."""
        return self.over and not self._items

    async def next(self, pulse: float) -> Item | None:
        """The next item, or None after so many seconds of silence or when the stream has ended."""
        if not (self._items or self._shown or self.over):
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(pulse):
                    await self._news.wait()
        if self._items:
            return self._items.popleft()
        shown, self._shown = self._shown, None
        return shown
