"""The ledger's live story: what happens on each call, in words, with the carrier's words under them."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from secrets import token_hex

from callcrm.demo.phone.socket_peers import SocketPeer
from callcrm.i18n.locale import Locale, iso

Said = Callable[[Locale], str]
KEPT = 600


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `said` puts it into a reader's language, `wire` is what went over the wire."""

    at: datetime
    call: str
    said: Said
    wire: str = ""
    begins: bool = False
    id: int = 0


class Story:
    """Everything told since the demo began, to everybody who reads it."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._readers: dict[SocketPeer, Locale] = {}
        self._count = count(1)
        self._name = token_hex(8)

    def tell(self, entry: Entry) -> None:
        """One more line."""
        kept = Entry(entry.at, entry.call, entry.said, entry.wire, entry.begins, next(self._count))
        self._entries.append(kept)
        for peer, locale in self._readers.items():
            peer.say(**drawn(kept, locale))

    def join(self, peer: SocketPeer, locale: Locale, after: int = 0) -> None:
        """A reader, told first whose story it is, and what they missed since this line of it."""
        peer.say(story=self._name)
        for entry in self._entries:
            if entry.id > after:
                peer.say(**drawn(entry, locale))
        self._readers[peer] = locale

    def leave(self, peer: SocketPeer) -> None:
        """A reader has gone."""
        self._readers.pop(peer, None)

    def close(self) -> None:
        """Let every reader go."""
        for peer in tuple(self._readers):
            peer.close()


def drawn(entry: Entry, locale: Locale) -> dict[str, object]:
    """A line as a browser shows it."""
    return {
        "id": entry.id,
        "at": iso(entry.at),
        "clock": locale.clock(entry.at),
        "call": entry.call,
        "said": entry.said(locale),
        "wire": entry.wire,
        "begins": entry.begins,
    }
