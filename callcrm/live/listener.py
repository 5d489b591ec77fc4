"""One open stream: a bounded queue of what it is to be told."""

import asyncio
from dataclasses import dataclass

from callcrm.live.announce import Announcement
from callcrm.live.marks import Marks

ROOM = 256


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to tell a client. It gives `id` back to go on from here; `row` is the announcement's own."""

    id: str
    row: int
    kind: str
    subject: str


class Listener:
    """A client's place in the hub. Who is not a user of ours (`user_id` None) hears what supervisors hear."""

    __slots__ = ("_queue", "known", "over", "supervisor", "user_id")

    def __init__(self, user_id: str | None, *, supervisor: bool, known: Marks) -> None:
        self.user_id = user_id
        self.supervisor = supervisor
        self.known = known
        self.over = False
        self._queue: asyncio.Queue[Item | None] = asyncio.Queue(ROOM)

    def concerned_by(self, one: Announcement) -> bool:
        """Whether this client is to be told."""
        return one.concerns(self.user_id, supervisor=self.supervisor)

    def offer(self, item: Item) -> bool:
        """Queue the item; False if the client is so slow that there is no room, which ends its stream."""
        if self._queue.full():
            self.end()
            return False
        self._queue.put_nowait(item)
        return True

    def end(self) -> None:
        """Queue no more; the client comes again and is told what it missed."""
        self.over = True
        if not self._queue.full():
            self._queue.put_nowait(None)

    @property
    def done(self) -> bool:
        """Whether the stream has ended and all that was queued before is taken."""
        return self.over and self._queue.empty()

    async def next(self, pulse: float) -> Item | None:
        """The next item, or None after so many seconds of silence or when the stream has ended."""
        if not self._queue.empty():
            return self._queue.get_nowait()
        try:
            async with asyncio.timeout(pulse):
                return await self._queue.get()
        except TimeoutError:
            return None
