"""The caller's phone, drawn in a browser: it plays what the carrier plays, and sends keys and speech."""

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
PROMPT_PATH = re.compile(r"(?:/[^/]+)*/prompts/([^/]+)/([^/]+)\.wav")
MAX_MESSAGE_SECONDS = 180.0
SPEECH_SECONDS = 1.6  # of speech for each message that the microphone is still on: one comes every second
BROWSER_SPEECH_RATE = 13.0  # characters a second of a browser's voice


@dataclass(frozen=True)
class PhoneContext:
    """What every caller's phone needs of the demo.

    `dial` begins a call from a number, `display_name` says who answers at an address, `sample_message` is a
    WAV file for callers without a microphone.
    """

    dial: Callable[[str, "CallerPhone"], Leg]
    display_name: Callable[[str, Locale], str]
    prompts: PromptBook
    sample_message: bytes


class CallerPhone:
    """One browser's phone, with at most one call: it calls our number, or is rung by us."""

    human = True

    def __init__(self, peer: SocketPeer, context: PhoneContext, locale: Locale) -> None:
        self._peer, self._context, self._locale = peer, context, locale
        self._audio_in: AudioIn | None = None
        self._caller = CALLERS[0]

    @property
    def busy(self) -> bool:
        """Whether there is a call, or it rings."""
        return self._audio_in is not None

    def answers_at(self, address: str) -> bool:
        """Whether this phone has that number, and is free."""
        return not self.busy and address == self._caller.from_

    def receive(self, message: Mapping[str, Any]) -> None:
        """A message from the browser; what comes at the wrong time is ignored."""
        if self._audio_in is not None:
            self._receive_in_call(self._audio_in, message)
            return
        key = message.get("call") or message.get("as")
        caller = next((caller for caller in CALLERS if caller.key == key), None)
        if caller is None:
            return
        self._caller = caller
        if "call" in message:
            leg = self._context.dial(caller.from_, self)
            self._audio_in = leg.audio_in
            self._peer.send(calling={"call": leg.sid})

    def ring(self, audio_in: AudioIn, caller: str, parameters: Mapping[str, str]) -> AudioOut:
        """We ring this phone."""
        self._audio_in = audio_in
        self._peer.send(ringing={"from": caller})
        return self

    def leave(self) -> None:
        """The browser is gone: hang up."""
        if self._audio_in is not None:
            self._audio_in.hang_up()

    def _receive_in_call(self, audio_in: AudioIn, message: Mapping[str, Any]) -> None:
        key = message.get("press")
        if isinstance(key, str) and key in KEYS:
            audio_in.press(key)
        elif message.get("answer"):
            audio_in.pick_up()
        elif message.get("hangup"):
            audio_in.hang_up()
        elif message.get("speaking"):
            audio_in.speak(Speech(SPEECH_SECONDS))
        elif "speak" in message:
            self._speak(audio_in, message["speak"])

    def _speak(self, audio_in: AudioIn, content: object) -> None:
        """A whole message: the sample, or a WAV file as base64."""
        if content == "sample":
            audio = self._context.sample_message
            audio_in.speak(Speech(wav_seconds(audio), audio=audio))
        elif isinstance(content, str):
            try:
                audio = base64.b64decode(content, validate=True)
            except binascii.Error:
                return
            if 0 < wav_seconds(audio) <= MAX_MESSAGE_SECONDS:
                # Its time has passed already, while "speaking" came in every second.
                audio_in.speak(Speech(0.0, audio=audio))

    # --- the sound of this far end: an AudioOut ---

    async def start(self, sound: Sound) -> float:
        """Begin to play: a text for the browser's voice, or a prompt file with its caption."""
        language, text, path = sound.language, sound.text, ""
        if prompt := PROMPT_PATH.fullmatch(unquote(urlsplit(sound.url).path)):
            language, path = prompt[1], urlsplit(sound.url).path
            text = self._locale.digits(self._context.prompts.caption(prompt[1], prompt[2]))
        seconds = sound.seconds
        if sound.kind == "say":
            seconds = max(seconds, len(text) / BROWSER_SPEECH_RATE)
        hear = {"kind": sound.kind, "text": text, "language": language, "url": path, "seconds": seconds}
        self._peer.send(hear=hear)
        return seconds

    async def stop(self) -> None:
        """Stop before the end of the sound."""
        self._peer.send(hush=True)

    def notify(self, event: LineEvent, peer: str = "") -> None:
        """Show an event on the line."""
        if event is LineEvent.ENDED:
            self._audio_in = None
        name = self._context.display_name(peer, self._locale) if peer else ""
        self._peer.send(sign=str(event), who=name)


def wav_seconds(audio: bytes) -> float:
    """How long a WAV file of mono 16-bit samples lasts; 0 for anything else."""
    try:
        with wave.open(io.BytesIO(audio)) as file:
            usable = (
                file.getsampwidth() == 2 and file.getnchannels() == 1 and 8000 <= file.getframerate() <= 48000
            )
            return file.getnframes() / file.getframerate() if usable else 0.0
    except (wave.Error, EOFError, ValueError):
        return 0.0
