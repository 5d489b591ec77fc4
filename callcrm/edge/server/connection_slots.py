"""Slots for connections, fewer than there are files: some files stay for the store, the spool and audio."""

from functools import cached_property
from typing import Protocol

from callcrm.base.processes import connection_limit

MAX_HELD = 64 * 1024 * 1024  # bytes of requests that are not whole, of all connections together


class Connection(Protocol):
    """What holds a slot."""

    def give_up(self) -> None:
        """Ends the connection, whose slot another one gets."""


class ConnectionSlots:
    """Who is connected. Connections wait while it is their client's turn: whose request is half sent, who
    takes nothing of a response, those kept for later.

    When all slots are taken, the connection that has waited longest gives up its own, so that a request that
    is whole, such as a webhook, always finds one.
    """

    def __init__(self) -> None:
        self._waiting: dict[Connection, None] = {}  # in the order in which they began to wait
        self._working: set[Connection] = set()
        self._held: dict[Connection, int] = {}  # bytes of each request, in the order in which they began
        self._total = 0

    @cached_property
    def limit(self) -> int:
        """How many there are, as the limit of files says when the first is taken."""
        return connection_limit()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._working)

    @property
    def working(self) -> int:
        """How many connections have a request that is being answered."""
        return len(self._working)

    @property
    def held(self) -> int:
        """How many bytes there are of requests that are not whole."""
        return self._total

    def take(self, connection: Connection) -> None:
        """Gives a new connection a slot."""
        self._waiting[connection] = None
        while len(self) > self.limit and len(self._waiting) > 1:
            longest = next(iter(self._waiting))
            self.leave(longest)
            longest.give_up()

    def wait(self, connection: Connection) -> None:
        """The connection waits from now on."""
        self._forget(connection)
        self._waiting[connection] = None

    def work(self, connection: Connection) -> None:
        """A request of the connection is being answered."""
        self._forget(connection)
        self._working.add(connection)

    def leave(self, connection: Connection) -> None:
        """The connection has gone."""
        self._forget(connection)
        self.release(connection)

    def hold(self, connection: Connection, size: int) -> None:
        """So many more bytes have come of a head or a body that is not whole. Where all of them are too many,
        the one that began first gives way.
        """
        self._held[connection] = self._held.get(connection, 0) + size
        self._total += size
        while self._total > MAX_HELD and len(self._held) > 1:
            oldest = next(other for other in self._held if other is not connection)
            self.leave(oldest)
            oldest.give_up()

    def release(self, connection: Connection) -> None:
        """The connection's head or body is whole, or not wanted any more."""
        self._total -= self._held.pop(connection, 0)

    def _forget(self, connection: Connection) -> None:
        self._waiting.pop(connection, None)
        self._working.discard(connection)


SLOTS = ConnectionSlots()
