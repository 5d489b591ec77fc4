"""The media path of a leg: where its sound goes, and where its keys and voice come from.

The far end of a leg is a scripted caller, a phone drawn in a browser or another exchange: whatever can be
given sound (`AudioOut`) and puts keys, speech and hang-ups into the leg's `AudioIn`.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from callcrm.simulator.clock import Signal


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound for the far end. `kind`: say, play, silence, tones, beep, ringing, music or error."""

    kind: str
    seconds: float
    text: str = ""
    language: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Speech:
    """Speech of so many seconds; `audio` is a WAV file if there is a real voice."""

    seconds: float
    text: str = ""
    audio: bytes = b""


class LineEvent(StrEnum):
    """What a far end notices besides sound."""

    LISTENING = "listening"  # a Gather awaits keys
    RECORDING = "recording"  # after the beep
    CONNECTED = "connected"  # bridged with another party
    PARTED = "parted"  # that party has gone
    ENDED = "ended"  # the leg is over


class AudioOut(Protocol):
    """Plays sound to the far end of a leg."""

    async def start(self, sound: Sound) -> float:
        """Begin to play; the seconds it will take at this far end."""

    async def stop(self) -> None:
        """Stop before the end of the sound."""

    def notify(self, event: LineEvent, peer: str = "") -> None:
        """Something changed on the line; `peer` is the other party's address."""


class Interrupt(Exception):
    """Ends whatever a leg is doing."""


class HungUp(Interrupt):
    """The far end has hung up."""


class Dropped(Interrupt):
    """The carrier ends the leg, with this final status."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class Redirected(Interrupt):
    """A REST update has sent the call to another document: a URL, or the TwiML itself."""

    def __init__(self, url: str, method: str = "POST", twiml: bytes = b"") -> None:
        super().__init__(url)
        self.url = url
        self.method = method
        self.twiml = twiml


class AudioIn:
    """Input from a far end that no verb has taken yet; `signal` is set whenever some arrives."""

    def __init__(self) -> None:
        self.signal = Signal()
        self.keys: deque[str] = deque()
        self.speech: deque[Speech] = deque()
        self.pending_interrupt: Interrupt | None = None
        self.has_picked_up = False

    def pick_up(self) -> None:
        """The far end answers."""
        self.has_picked_up = True
        self.signal.set()

    def refuse(self, status: str) -> None:
        """The far end does not answer: busy, no-answer or failed."""
        self.interrupt(Dropped(status))

    def press(self, keys: str) -> None:
        """The far end presses keys, in this order."""
        self.keys.extend(keys)
        self.signal.set()

    def speak(self, speech: Speech) -> None:
        """The far end begins to speak."""
        self.speech.append(speech)
        self.signal.set()

    def hang_up(self) -> None:
        """The far end hangs up."""
        self.interrupt(HungUp())

    def interrupt(self, cause: Interrupt) -> None:
        """End what the leg is doing. The end of a leg is final: no later cause replaces it."""
        if not isinstance(self.pending_interrupt, HungUp | Dropped):
            self.pending_interrupt = cause
        self.signal.set()

    def discard_input(self) -> None:
        """Drop keys and speech that came before a verb listens for them."""
        self.keys.clear()
        self.speech.clear()

    def raise_interrupt(self) -> None:
        """Raise the pending interrupt, if any. A redirect is raised once, the end of a leg every time."""
        self.signal.clear()
        if isinstance(self.pending_interrupt, Redirected):
            redirect, self.pending_interrupt = self.pending_interrupt, None
            raise redirect
        if self.pending_interrupt is not None:
            raise self.pending_interrupt


class Callee(Protocol):
    """A far end that can be rung: it picks up or refuses through the `AudioIn` it is given."""

    @property
    def human(self) -> bool:
        """Whether a person answers here, not a machine."""

    def ring(self, audio_in: AudioIn, caller: str, parameters: Mapping[str, str]) -> AudioOut:
        """Begin to ring; where the leg's sound goes. `parameters` are those of a `<Client>` noun."""


class Directory(Protocol):
    """Who answers at which address."""

    def callee(self, address: str) -> Callee:
        """The far end to ring at `+1…`, `client:…` or `sip:…` this time."""
