"""Slots for connections, fewer than there are files: some files stay for the store, the spool and audio."""

from functools import cached_property
from typing import Protocol

from callcrm.base.open_files import connection_limit


class Connection(Protocol):
    """What holds a slot."""

    def give_up(self) -> None:
        """Ends the connection, whose slot another one gets."""


class ConnectionSlots:
    """Who is connected. Connections without a request under way wait: heads half sent, those kept for later.

    When all slots are taken, the connection that has waited longest gives up its own, so that a request that
    is whole, such as a webhook, always finds one.
    """

    def __init__(self) -> None:
        self._waiting: dict[Connection, None] = {}  # in the order in which they began to wait
        self._working: set[Connection] = set()

    @cached_property
    def limit(self) -> int:
        """How many there are, as the limit of files says when the first is taken."""
        return connection_limit()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._working)

    def take(self, connection: Connection) -> None:
        """Gives a new connection a slot."""
        self._waiting[connection] = None
        while len(self) > self.limit and len(self._waiting) > 1:
            longest = next(iter(self._waiting))
            self.leave(longest)
            longest.give_up()

    def wait(self, connection: Connection) -> None:
        """The connection waits from now on."""
        self.leave(connection)
        self._waiting[connection] = None

    def work(self, connection: Connection) -> None:
        """A request of the connection is being answered."""
        self.leave(connection)
        self._working.add(connection)

    def leave(self, connection: Connection) -> None:
        """The connection has gone."""
        self._waiting.pop(connection, None)
        self._working.discard(connection)


SLOTS = ConnectionSlots()
