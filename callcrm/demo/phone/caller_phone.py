"""The caller's phone, drawn in a browser: it hears what the carrier plays, and presses keys."""

import base64
import binascii
import io
import re
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from callcrm.demo.phone.socket_peers import SocketPeer
from callcrm.demo.sample_data.people import CALLERS
from callcrm.i18n.locale import Locale
from callcrm.ivr.flows.prompts import PromptBook
from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.media import AudioIn, AudioOut, LineEvent, Sound, Speech

KEYS = frozenset("0123456789*#")
PROMPT = re.compile(r"/prompts/([^/]+)/([^/]+)\.wav")
LONGEST = 180.0  # seconds of a message
BREATH = 1.6  # seconds of speech that one word of "still speaking" stands for
SLOW_VOICE = 13.0  # characters a second of a browser's voice


@dataclass(frozen=True)
class Town:
    """What a line needs around it. `dial` makes a call, `name` says who answers at an address."""

    dial: Callable[[str, "Line"], Leg]
    name: Callable[[str, Locale], str]
    book: PromptBook
    sample: bytes


class Line:
    """One browser's phone, with at most one call: it dials us, or is rung by us."""

    human = True

    def __init__(self, peer: SocketPeer, town: Town, locale: Locale) -> None:
        self._peer, self._town, self._words = peer, town, locale
        self._ear: AudioIn | None = None
        self._caller = CALLERS[0]

    @property
    def busy(self) -> bool:
        """Whether a call is on, or rings."""
        return self._ear is not None

    def answers_at(self, address: str) -> bool:
        """Whether this phone is the one at this address, and free."""
        return not self.busy and address == self._caller.from_

    def heard(self, message: Mapping[str, Any]) -> None:
        """What the browser says; whatever comes at the wrong time means nothing."""
        if self._ear is not None:
            self._during(self._ear, message)
            return
        wanted = message.get("call") or message.get("as")
        caller = next((one for one in CALLERS if one.key == wanted), None)
        if caller is None:
            return
        self._caller = caller
        if "call" in message:
            leg = self._town.dial(caller.from_, self)
            self._ear = leg.audio_in
            self._peer.say(calling={"call": leg.sid})

    def ring(self, audio_in: AudioIn, caller: str, parameters: Mapping[str, str]) -> AudioOut:
        """We ring this phone."""
        self._ear = audio_in
        self._peer.say(ringing={"from": caller})
        return self

    def leave(self) -> None:
        """The browser is gone: so is the caller."""
        if self._ear is not None:
            self._ear.hang_up()

    def _during(self, audio_in: AudioIn, message: Mapping[str, Any]) -> None:
        key = message.get("press")
        if isinstance(key, str) and key in KEYS:
            audio_in.press(key)
        elif message.get("answer"):
            audio_in.pick_up()
        elif message.get("hangup"):
            audio_in.hang_up()
        elif message.get("speaking"):
            audio_in.speak(Speech(BREATH))
        elif "speak" in message:
            self._speak(audio_in, message["speak"])

    def _speak(self, audio_in: AudioIn, said: object) -> None:
        if said == "sample":
            audio = self._town.sample
            audio_in.speak(Speech(length(audio), audio=audio))
        elif isinstance(said, str):
            try:
                audio = base64.b64decode(said, validate=True)
            except binascii.Error:
                return
            if 0 < length(audio) <= LONGEST:
                # It has been spoken already while we were told so word by word.
                audio_in.speak(Speech(0.0, audio=audio))

    # --- what the carrier makes this far end hear: a Mouth ---

    async def start(self, sound: Sound) -> float:
        """Begin with a sound: a text to speak, or a file of ours to play."""
        language, text, path = sound.language, sound.text, ""
        if prompt := PROMPT.fullmatch(unquote(urlsplit(sound.url).path)):
            language, path = prompt[1], urlsplit(sound.url).path
            text = self._words.digits(self._town.book.caption(prompt[1], prompt[2]))
        seconds = max(sound.seconds, len(text) / SLOW_VOICE) if sound.kind == "say" else sound.seconds
        hear = {"kind": sound.kind, "text": text, "language": language, "url": path, "seconds": seconds}
        self._peer.say(hear=hear)
        return seconds

    async def stop(self) -> None:
        """Fall silent before the end."""
        self._peer.say(hush=True)

    def notify(self, event: LineEvent, peer: str = "") -> None:
        """Tell of a change on the line."""
        if event is LineEvent.ENDED:
            self._ear = None
        self._peer.say(sign=str(event), who=self._town.name(peer, self._words) if peer else "")


def length(audio: bytes) -> float:
    """How long a WAV file of plain 16-bit sound lasts; 0 for anything else."""
    try:
        with wave.open(io.BytesIO(audio)) as file:
            plain = (
                file.getsampwidth() == 2 and file.getnchannels() == 1 and 8000 <= file.getframerate() <= 48000
            )
            return file.getnframes() / file.getframerate() if plain else 0.0
    except (wave.Error, EOFError, ValueError):
        return 0.0
