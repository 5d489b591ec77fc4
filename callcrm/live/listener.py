"""One open stream: a bounded queue of the items its client is to be sent."""

import asyncio
from collections import deque
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace

from callcrm.base.clock import Clock
from callcrm.live.announce import Announcement
from callcrm.live.seen_ids import SeenIds, parse_seen_ids

MAX_QUEUED = 256


@dataclass(frozen=True, slots=True)
class Item:
    """Something to send to a client: an announcement, or a `text` shown to many at once and kept nowhere.

    `id` is the Last-Event-ID the client gives back to go on from here, `event_id` the announcement's own;
    a text has neither.
    """

    id: str
    event_id: int
    kind: str
    subject: str
    text: str = ""


class Listener:
    """A client's stream in the hub. `user_id` is None for a program, which gets what supervisors get.

    `session` and `token` are what its right to listen depends on, `topics` the texts it is shown besides,
    `seen` what its client has got before. It is `ahead` of this process as long as that may include what this
    process has yet to deliver. Once `ended` it queues no more.
    """

    __slots__ = (
        "_items",
        "_texts",
        "_wakeup",
        "ahead",
        "ended",
        "seen",
        "session",
        "supervisor",
        "token",
        "topics",
        "user_id",
    )

    def __init__(
        self,
        user_id: str | None,
        *,
        supervisor: bool,
        seen: SeenIds,
        session: str = "",
        token: str = "",
        topics: Collection[str] = (),
    ) -> None:
        self.user_id = user_id
        self.supervisor = supervisor
        self.seen = seen
        self.session = session
        self.token = token
        self.topics = frozenset(topics)
        self.ahead = True
        self.ended = False
        self._items: deque[Item] = deque()
        self._texts: dict[str, Item] = {}
        self._wakeup = asyncio.Event()

    @property
    def owner(self) -> str:
        """Whose stream it is: a user's, or a token's of no user."""
        return self.user_id or self.token

    def concerned_by(self, announcement: Announcement) -> bool:
        """Whether the announcement is to be sent to this client."""
        return announcement.concerns(self.user_id, supervisor=self.supervisor)

    def queue(self, item: Item) -> bool:
        """Queues the item; False if the client is so slow that the queue is full, which ends its stream."""
        if len(self._items) >= MAX_QUEUED:
            self.end()
            return False
        self._items.append(item)
        self._wakeup.set()
        return True

    def show(self, item: Item) -> None:
        """Has the text shown in place of the topic's last, if not sent yet: a slow client gets the latest."""
        self._texts[item.subject] = item
        self._wakeup.set()

    def end(self) -> None:
        """Queues no more; the client connects again and is sent what it missed."""
        self.ended = True
        self._wakeup.set()

    @property
    def drained(self) -> bool:
        """Whether the stream has ended and all that was queued before is taken."""
        return self.ended and not self._items

    async def next(self, seconds: float, clock: Clock) -> Item | None:
        """The next item, or None after so many seconds without one or when the stream has ended."""
        if not (self._items or self._texts or self.ended):
            self._wakeup.clear()
            with suppress(TimeoutError):
                async with clock.timeout(seconds):
                    await self._wakeup.wait()
        if self._items:
            return self._marked(self._items.popleft())
        return self._texts.pop(next(iter(self._texts))) if self._texts else None

    def _marked(self, item: Item) -> Item:
        """The item, with an id that includes what its client has got ahead of this process: from the table,
        or from another process.
        """
        delivered = parse_seen_ids(item.id) if self.ahead else None
        if delivered is None:
            return item
        mark = (self.seen | delivered).encode()
        self.ahead = mark != item.id
        return replace(item, id=mark) if self.ahead else item
