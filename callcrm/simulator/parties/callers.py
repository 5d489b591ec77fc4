"""Scripted people: the phone they hold, and what they do on a call, step by step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from callcrm.simulator.clock import Clock, Signal
from callcrm.simulator.parties.media import AudioIn, LineEvent, Sound, Speech


class CallOver(Exception):
    """The call is over for this person: ended by the carrier, or given up."""


class Handset:
    """One person's phone on one call: an `AudioOut` that keeps what it heard and noticed.

    `menus` and `beeps` count how often keys were awaited and recorders beeped, `menus_answered` and
    `beeps_answered` how many of them a step has reacted to.
    """

    def __init__(self, clock: Clock, audio_in: AudioIn) -> None:
        self.clock = clock
        self.audio_in = audio_in
        self.sounds: list[Sound] = []
        self.menus = 0
        self.menus_answered = 0
        self.beeps = 0
        self.beeps_answered = 0
        self.connected = False
        self.ever_connected = False
        self.ended = False
        self.gives_up_at = float("inf")  # on the clock's monotonic scale
        self._signal = Signal()

    async def start(self, sound: Sound) -> float:
        """Hear a sound."""
        self.sounds.append(sound)
        self._signal.set()
        return sound.seconds

    async def stop(self) -> None:
        """A sound breaks off."""

    def notify(self, event: LineEvent, peer: str = "") -> None:
        """Notice an event on the line."""
        self.menus += event is LineEvent.LISTENING
        self.beeps += event is LineEvent.RECORDING
        self.connected = (self.connected or event is LineEvent.CONNECTED) and event is not LineEvent.PARTED
        self.ever_connected = self.ever_connected or self.connected
        self.ended = self.ended or event is LineEvent.ENDED
        self._signal.set()

    async def wait_until(self, condition: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """True once the condition holds, false after so many seconds; raises CallOver.

        Hangs up when the person's patience ends first.
        """
        deadline = self.clock.monotonic() + seconds
        while True:
            self._signal.clear()
            if condition():
                return True
            if self.ended:
                raise CallOver
            now = self.clock.monotonic()
            # Nobody gives up in the middle of a conversation.
            limit = deadline if self.connected else min(deadline, self.gives_up_at)
            if now >= deadline:
                return False
            if now >= limit:
                self.audio_in.hang_up()
                raise CallOver
            await self.clock.wait(self._signal, seconds=None if limit == float("inf") else limit - now)

    async def wait(self, seconds: float) -> None:
        """Do nothing for so many seconds; raises CallOver."""
        await self.wait_until(lambda: False, seconds)


class Step(Protocol):
    """One thing a person does on a call."""

    async def act(self, phone: Handset) -> None:
        """Do it on this phone; raises CallOver."""


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys, `after` seconds into the next menu."""

    keys: str
    after: float = 2.0

    async def act(self, phone: Handset) -> None:
        """Wait for a menu not answered yet, think, press."""
        await phone.wait_until(lambda: phone.menus > phone.menus_answered)
        phone.menus_answered = phone.menus
        await phone.wait(self.after)
        phone.audio_in.press(self.keys)


@dataclass(frozen=True, slots=True)
class KeepPressing:
    """Press the same keys at every menu until the call is over."""

    keys: str
    after: float = 2.0

    async def act(self, phone: Handset) -> None:
        """Answer one menu after the other."""
        while True:
            await Press(self.keys, self.after).act(phone)


@dataclass(frozen=True, slots=True)
class WaitForWords:
    """Listen until these words are spoken, or a sound is played whose URL contains them."""

    words: str

    async def act(self, phone: Handset) -> None:
        """Wait for the words."""
        await phone.wait_until(lambda: any(self.words in sound.text + sound.url for sound in phone.sounds))


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for so many seconds."""

    seconds: float

    async def act(self, phone: Handset) -> None:
        """Wait."""
        await phone.wait(self.seconds)


@dataclass(frozen=True, slots=True)
class WaitUntilBeep:
    """Wait for so many seconds, or until a recorder beeps: for callers who leave no message."""

    seconds: float

    async def act(self, phone: Handset) -> None:
        """Wait."""
        await phone.wait_until(lambda: phone.beeps > phone.beeps_answered, self.seconds)


@dataclass(frozen=True, slots=True)
class SpeakToMenu:
    """Say something into the next menu, for a Gather that understands speech."""

    words: str
    seconds: float = 2.0

    async def act(self, phone: Handset) -> None:
        """Wait for a menu and speak."""
        await phone.wait_until(lambda: phone.menus > phone.menus_answered)
        phone.menus_answered = phone.menus
        phone.audio_in.speak(Speech(self.seconds, self.words))
        await phone.wait(self.seconds)


@dataclass(frozen=True, slots=True)
class LeaveMessage:
    """Speak after the next beep; `audio` is a WAV file if there is a real voice."""

    seconds: float = 12.0
    words: str = ""
    audio: bytes = field(default=b"", repr=False)

    async def act(self, phone: Handset) -> None:
        """Wait for the beep and speak."""
        await phone.wait_until(lambda: phone.beeps > phone.beeps_answered)
        phone.beeps_answered = phone.beeps
        phone.audio_in.speak(Speech(self.seconds, self.words, self.audio))
        await phone.wait(self.seconds)


@dataclass(frozen=True, slots=True)
class Talk:
    """Once connected, talk for so many seconds or until the other party hangs up."""

    seconds: float = 30.0

    async def act(self, phone: Handset) -> None:
        """Wait for somebody and talk."""
        await phone.wait_until(lambda: phone.ever_connected)
        await phone.wait_until(lambda: not phone.connected, self.seconds)


@dataclass(frozen=True, slots=True)
class Accept:
    """As the one who is rung: press a key whenever a screening asks for one, until connected."""

    keys: str = "1"
    after: float = 1.5

    async def act(self, phone: Handset) -> None:
        """Answer each question until connected."""
        while not phone.ever_connected:
            await phone.wait_until(lambda: phone.ever_connected or phone.menus > phone.menus_answered)
            if not phone.ever_connected:
                await Press(self.keys, self.after).act(phone)


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang up."""

    async def act(self, phone: Handset) -> None:
        """Hang up."""
        phone.audio_in.hang_up()
        raise CallOver


@dataclass(frozen=True, slots=True)
class Script:
    """What a person does; then they stay on the line until it ends, or for `patience` seconds of the call."""

    steps: tuple[Step, ...] = ()
    patience: float = 300.0


async def follow_script(script: Script, phone: Handset) -> None:
    """Do the script's steps and stay on the line; returns when the call is over for this person."""
    phone.gives_up_at = phone.clock.monotonic() + script.patience
    try:
        for step in script.steps:
            await step.act(phone)
        await phone.wait_until(lambda: False)
    except CallOver:
        return
