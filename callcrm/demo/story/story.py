"""The lines of the story, and the browsers that read it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from secrets import token_hex

from callcrm.demo.phone.socket_peers import SocketPeer
from callcrm.i18n.locale import Locale, iso

LocalizedText = Callable[[Locale], str]
MAX_ENTRIES = 600


@dataclass(frozen=True, slots=True)
class Entry:
    """One line about a call: `text` in a reader's language, `wire` what was sent and answered.

    `begins`: it is the first line of its call.
    """

    at: datetime
    call: str
    text: LocalizedText
    wire: str = ""
    begins: bool = False
    id: int = 0


class Story:
    """The latest lines since the demo began, sent to every reader."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self._readers: dict[SocketPeer, Locale] = {}
        self._ids = count(1)
        self._name = token_hex(8)

    def add(self, entry: Entry) -> None:
        """Number a line, keep it, and send it to every reader."""
        numbered = replace(entry, id=next(self._ids))
        self._entries.append(numbered)
        for peer, locale in self._readers.items():
            peer.send(**entry_json(numbered, locale))

    def join(self, peer: SocketPeer, locale: Locale, after: int = 0) -> None:
        """Add a reader: it gets the story's name, new after a restart, and the lines after that id."""
        peer.send(story=self._name)
        for entry in self._entries:
            if entry.id > after:
                peer.send(**entry_json(entry, locale))
        self._readers[peer] = locale

    def leave(self, peer: SocketPeer) -> None:
        """Remove a reader."""
        self._readers.pop(peer, None)

    def close(self) -> None:
        """Disconnect every reader."""
        for peer in tuple(self._readers):
            peer.close()


def entry_json(entry: Entry, locale: Locale) -> dict[str, object]:
    """A line as a browser gets it."""
    return {
        "id": entry.id,
        "at": iso(entry.at),
        "clock": locale.clock(entry.at),
        "call": entry.call,
        "text": entry.text(locale),
        "wire": entry.wire,
        "begins": entry.begins,
    }
