"""Where a leg's sound goes and where its keys and voice come from.

The far end of a leg is a scripted caller, a page in a browser or another exchange: whatever has a
mouth for us to use (`Mouth`) and speaks into the leg's `Ear`.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from callcrm.simulator.clock import Signal


@dataclass(frozen=True, slots=True)
class Sound:
    """Something to be heard. `kind`: say, play, silence, tones, beep, ringing, music or error."""

    kind: str
    seconds: float
    text: str = ""
    language: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Speech:
    """Somebody speaks for so long; `audio` is a WAV file if there is a real voice."""

    seconds: float
    text: str = ""
    audio: bytes = b""


class Sign(StrEnum):
    """What else a far end notices."""

    LISTENING = "listening"  # keys are awaited
    RECORDING = "recording"  # after the beep
    CONNECTED = "connected"  # somebody human is on the line
    PARTED = "parted"  # they have gone
    ENDED = "ended"  # the line is dead


class AudioOut(Protocol):
    """Makes the far end of a leg hear something."""

    async def start(self, sound: Sound) -> float:
        """Begin with a sound; the seconds it will take."""

    async def stop(self) -> None:
        """Fall silent before the end."""

    def show(self, sign: Sign, who: str = "") -> None:
        """Tell of a change on the line; `who` is the other party's address."""


class Interrupt(Exception):
    """What ends whatever a leg is doing."""


class HungUp(Interrupt):
    """The far end has hung up."""


class Dropped(Interrupt):
    """The carrier ends the leg, with this final status."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class Redirected(Interrupt):
    """The account has sent the call to another document by REST."""

    def __init__(self, url: str, method: str = "POST", body: bytes = b"") -> None:
        super().__init__(url)
        self.url = url
        self.method = method
        self.body = body


class AudioIn:
    """What has come from a far end and is not yet taken up."""

    def __init__(self) -> None:
        self.bell = Signal()
        self.keys: deque[str] = deque()
        self.speech: deque[Speech] = deque()
        self.interrupt: Interrupt | None = None
        self.picked_up = False

    def pick_up(self) -> None:
        """The far end answers."""
        self.picked_up = True
        self.bell.ring()

    def refuse(self, status: str) -> None:
        """The far end does not answer: busy, no-answer or failed."""
        self.cut(Dropped(status))

    def press(self, keys: str) -> None:
        """The far end presses keys, one after the other."""
        self.keys.extend(keys)
        self.bell.ring()

    def speak(self, speech: Speech) -> None:
        """The far end begins to speak."""
        self.speech.append(speech)
        self.bell.ring()

    def hang_up(self) -> None:
        """The far end hangs up: nothing else matters after that."""
        self.cut(HungUp())

    def cut(self, interrupt: Interrupt) -> None:
        """End what the leg is doing; a hang-up is never taken back."""
        if not isinstance(self.interrupt, HungUp | Dropped):
            self.interrupt = interrupt
        self.bell.ring()

    def forget(self) -> None:
        """Drop keys and speech nobody was waiting for."""
        self.keys.clear()
        self.speech.clear()

    def attend(self) -> None:
        """Raise what has interrupted the leg; what came otherwise stays to be taken up."""
        self.bell.clear()
        if isinstance(self.interrupt, Redirected):
            redirect, self.interrupt = self.interrupt, None
            raise redirect
        if self.interrupt is not None:
            raise self.interrupt


class Callee(Protocol):
    """Somebody who can be rung: picks up, or refuses, through the ear."""

    @property
    def human(self) -> bool:
        """Whether a person answers here, not a machine."""

    def ring(self, ear: AudioIn, caller: str, parameters: Mapping[str, str]) -> AudioOut:
        """Begin to ring; the mouth through which this far end will hear."""


class Directory(Protocol):
    """Who answers at which address."""

    def callee(self, address: str) -> Callee:
        """Whoever is rung at `+1…`, `client:…` or `sip:…` this time."""
