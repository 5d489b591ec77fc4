"""Scripted people: what they perceive on their telephone and what they do about it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from callcrm.simulator.clock import Clock, Signal
from callcrm.simulator.parties.media import AudioIn, Sign, Sound, Speech


class LineDead(Exception):
    """The call is over for this person: ended by the carrier, or given up."""


class Handset:
    """One person's telephone on one call: a `Mouth` that remembers what it has said."""

    def __init__(self, clock: Clock, ear: AudioIn) -> None:
        self.clock = clock
        self.ear = ear
        self.sounds: list[Sound] = []
        self.menus = 0  # how often keys were awaited
        self.menus_used = 0
        self.beeps = 0
        self.beeps_used = 0
        self.connected = False
        self.ever_connected = False
        self.ended = False
        self.gives_up = float("inf")
        self._bell = Signal()

    async def start(self, sound: Sound) -> float:
        """Hear a sound."""
        self.sounds.append(sound)
        self._bell.ring()
        return sound.seconds

    async def stop(self) -> None:
        """A sound breaks off."""

    def show(self, sign: Sign, who: str = "") -> None:
        """Notice a change on the line."""
        self.menus += sign is Sign.LISTENING
        self.beeps += sign is Sign.RECORDING
        self.connected = (self.connected or sign is Sign.CONNECTED) and sign is not Sign.PARTED
        self.ever_connected = self.ever_connected or self.connected
        self.ended = self.ended or sign is Sign.ENDED
        self._bell.ring()

    async def until(self, so: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """Wait until something is so; false if it was not within the seconds."""
        deadline = self.clock.elapsed() + seconds
        while True:
            self._bell.clear()
            if so():
                return True
            if self.ended:
                raise LineDead
            now = self.clock.elapsed()
            # Nobody gives up in the middle of a conversation.
            limit = deadline if self.connected else min(deadline, self.gives_up)
            if now >= deadline:
                return False
            if now >= limit:
                self.ear.hang_up()
                raise LineDead
            await self.clock.wait(self._bell, seconds=None if limit == float("inf") else limit - now)

    async def rest(self, seconds: float) -> None:
        """Do nothing for a while."""
        await self.until(lambda: False, seconds)


class Step(Protocol):
    """One thing a person does."""

    async def act(self, phone: Handset) -> None:
        """Do it on this telephone."""


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys, `after` seconds into the next menu."""

    keys: str
    after: float = 2.0

    async def act(self, phone: Handset) -> None:
        """Wait for a menu not answered yet, think, press."""
        await phone.until(lambda: phone.menus > phone.menus_used)
        phone.menus_used = phone.menus
        await phone.rest(self.after)
        phone.ear.press(self.keys)


@dataclass(frozen=True, slots=True)
class Insist:
    """Press the same keys at every menu for as long as the call lasts."""

    keys: str
    after: float = 2.0

    async def act(self, phone: Handset) -> None:
        """Never stop."""
        while True:
            await Press(self.keys, self.after).act(phone)


@dataclass(frozen=True, slots=True)
class Hear:
    """Listen until these words are said or this sound (by a part of its URL) is played."""

    words: str

    async def act(self, phone: Handset) -> None:
        """Wait for the words."""
        await phone.until(lambda: any(self.words in sound.text + sound.url for sound in phone.sounds))


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for a while."""

    seconds: float

    async def act(self, phone: Handset) -> None:
        """Wait."""
        await phone.rest(self.seconds)


@dataclass(frozen=True, slots=True)
class Linger:
    """Wait for so long, but not to leave a message: its beep ends the wait."""

    seconds: float

    async def act(self, phone: Handset) -> None:
        """Wait."""
        await phone.until(lambda: phone.beeps > phone.beeps_used, self.seconds)


@dataclass(frozen=True, slots=True)
class Utter:
    """Say something into the next menu, for a menu that understands speech."""

    words: str
    seconds: float = 2.0

    async def act(self, phone: Handset) -> None:
        """Wait for a menu and speak."""
        await phone.until(lambda: phone.menus > phone.menus_used)
        phone.menus_used = phone.menus
        phone.ear.speak(Speech(self.seconds, self.words))
        await phone.rest(self.seconds)


@dataclass(frozen=True, slots=True)
class Speak:
    """Leave a message after the beep."""

    seconds: float = 12.0
    words: str = ""
    audio: bytes = field(default=b"", repr=False)

    async def act(self, phone: Handset) -> None:
        """Wait for the beep and speak."""
        await phone.until(lambda: phone.beeps > phone.beeps_used)
        phone.beeps_used = phone.beeps
        phone.ear.speak(Speech(self.seconds, self.words, self.audio))
        await phone.rest(self.seconds)


@dataclass(frozen=True, slots=True)
class Talk:
    """Once connected, talk for so long or until the other one hangs up."""

    seconds: float = 30.0

    async def act(self, phone: Handset) -> None:
        """Wait for somebody and talk."""
        await phone.until(lambda: phone.ever_connected)
        await phone.until(lambda: not phone.connected, self.seconds)


@dataclass(frozen=True, slots=True)
class Accept:
    """As somebody who is rung: press a key for as long as a screening asks for one."""

    keys: str = "1"
    after: float = 1.5

    async def act(self, phone: Handset) -> None:
        """Answer what is asked until connected."""
        while not phone.ever_connected:
            await phone.until(lambda: phone.ever_connected or phone.menus > phone.menus_used)
            if not phone.ever_connected:
                await Press(self.keys, self.after).act(phone)


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang up."""

    async def act(self, phone: Handset) -> None:
        """Hang up."""
        phone.ear.hang_up()
        raise LineDead


@dataclass(frozen=True, slots=True)
class Script:
    """What a person does, step by step; then they stay on the line until it ends or patience does."""

    steps: tuple[Step, ...] = ()
    patience: float = 300.0


async def perform(script: Script, phone: Handset) -> None:
    """Live through a call."""
    phone.gives_up = phone.clock.elapsed() + script.patience
    try:
        for step in script.steps:
            await step.act(phone)
        await phone.until(lambda: False)
    except LineDead:
        return
