"""The prompt book: what each prompt key says in each language, as text for the carrier's voice or as audio.

A language the carrier has no voice for needs audio. A clip that is missing never breaks a call:
the text is spoken, or what the next language has.
"""

import re
import wave
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from callcrm.ivr.steps import Prompt

# Languages the carrier has a voice for. There is none for Persian: a Say in it can fail the call.
VOICES = {"en": "en-US", "de": "de-DE", "es": "es-ES", "fr": "fr-FR", "it": "it-IT", "pt": "pt-BR"}
ANY_LANGUAGE = "any"  # the folder of sounds that need no language
MAX_SPOKEN_NUMBER = 20  # numbers are said up to here
CHARACTERS_PER_SECOND = 12.5  # slower than any voice of the carrier's reads
VOICE_START_SECONDS = 0.4

# What the player itself says, with the numbers to put in.
SYSTEM: Mapping[str, tuple[str, ...]] = {
    "language": ("key",),
    "operator": (),
    "recording-notice": (),
    "queue-busy": (),
    "wait-position": ("position",),
    "wait-choices": (),
    "callback-confirm": (),
    "callback-wait": (),
    "callback-number": (),
    "callback-number-wait": (),
    "callback-thanks": (),
    "message": (),
    "message-number": (),
    "message-thanks": (),
    "goodbye": (),
    "survey-csat": (),
    "survey-effort": (),
    "survey-thanks": (),
    "screen": (),
    "dial-refused": (),
}
HOLD = "hold"

_FIELD = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True)
class Clip:
    """Recorded audio, served as /prompts/{language}/{name}.wav."""

    language: str
    name: str
    path: Path
    seconds: float


@dataclass(frozen=True, slots=True)
class Speech:
    """Text for the carrier's voice of this language (`en-US`)."""

    text: str
    tag: str

    @property
    def seconds(self) -> float:
        """A cautious estimate of how long it takes."""
        return VOICE_START_SECONDS + len(self.text) / CHARACTERS_PER_SECOND


Sound = Clip | Speech


class PromptBook:
    """Texts (language -> key -> text) and clips ((language, name) -> clip), looked up with fallbacks."""

    def __init__(
        self,
        texts: Mapping[str, Mapping[str, str]] | None = None,
        clips: Mapping[tuple[str, str], Clip] | None = None,
    ) -> None:
        self._texts = texts or {}
        self._clips = clips or {}
        self._fallbacks = tuple(dict.fromkeys((ANY_LANGUAGE, "en", *self._texts)))
        self._cache: dict[tuple[str, str, tuple[tuple[str, int], ...]], tuple[Sound, ...]] = {}

    def sounds(self, prompt: Prompt, language: str) -> tuple[Sound, ...]:
        """What to play or speak for a prompt, in its language or else in the next that has it."""
        language = prompt.language or language
        key = (language, prompt.key, tuple(prompt.values.items()))
        if key not in self._cache:
            self._cache[key] = self._look_up(prompt, language)
        return self._cache[key]

    def seconds(self, prompts: Iterable[Prompt], language: str) -> float:
        """How long these prompts take."""
        return sum(sound.seconds for prompt in prompts for sound in self.sounds(prompt, language))

    def file_for(self, language: str, name: str) -> Path | None:
        """The file behind /prompts/{language}/{name}.wav."""
        clip = self._clips.get((language, name))
        return clip.path if clip else None

    def caption(self, language: str, name: str) -> str:
        """The words of the clip /prompts/{language}/{name}.wav; "" of one without words."""
        texts = self._texts.get(language, {})
        if name in texts:
            return texts[name]
        key, _, number = name.rpartition("-")
        pieces = [part for kind, part in split_at_numbers(texts.get(key, "")) if kind == "text"]
        if number.isascii() and number.isdigit() and 0 < int(number) <= len(pieces):
            return pieces[int(number) - 1]
        return number if key == "number" else ""

    def contents(self) -> tuple[object, ...]:
        """All that decides what is played, and how long it takes."""
        return self._texts, {name: clip.seconds for name, clip in self._clips.items()}

    def without_audio(self) -> "PromptBook":
        """The book as it is when every audio file is missing."""
        return PromptBook(self._texts)

    def missing(self, key: str, language: str) -> str | None:
        """What is missing for saying this key in this language, None if nothing is."""
        text = self._texts.get(language, {}).get(key)
        if language in VOICES:
            return None if text or (language, key) in self._clips else "there is no text"
        names = [name for name in clip_names(key, text or "") if (language, name) not in self._clips]
        if not names:
            return None
        files = ", ".join(f"prompts/{language}/{name}.wav" for name in names)
        return f"no audio (the carrier has no voice for it): {files}"

    def _look_up(self, prompt: Prompt, language: str) -> tuple[Sound, ...]:
        for tried in (language, *self._fallbacks):
            sounds = self._clips_for(prompt, tried) or self._speech_for(prompt, tried)
            if sounds:
                return sounds
        return ()

    def _clips_for(self, prompt: Prompt, language: str) -> tuple[Sound, ...]:
        text = self._texts.get(language, {}).get(prompt.key, "")
        clips = [self._clips.get((language, name)) for name in clip_names(prompt.key, text, prompt.values)]
        return tuple(clip for clip in clips if clip) if all(clips) else ()

    def _speech_for(self, prompt: Prompt, language: str) -> tuple[Sound, ...]:
        text = self._texts.get(language, {}).get(prompt.key)
        if not text or language not in VOICES:
            return ()
        words = _FIELD.sub(lambda match: str(prompt.values.get(match[1], "")), text)
        return (Speech(words, VOICES[language]),)


def split_at_numbers(text: str) -> list[tuple[str, str]]:
    """A text split at its numbers: ("text", words) and ("number", field) in the order of speaking."""
    parts = _FIELD.split(text)
    pairs = [("number" if index % 2 else "text", part.strip()) for index, part in enumerate(parts)]
    return [(kind, part) for kind, part in pairs if any(letter.isalnum() for letter in part)]


def clip_names(key: str, text: str, values: Mapping[str, int] | None = None) -> list[str]:
    """The names of the clips that say a text: the key itself, or its pieces and numbers between them.

    Without values only the pieces are named: what a prompt needs whatever the number is.
    """
    pieces = split_at_numbers(text)
    if all(kind == "text" for kind, _ in pieces):
        return [key]
    names, count = [], 0
    for kind, part in pieces:
        if kind == "text":
            count += 1
            names.append(f"{key}-{count}")
        elif values is not None:
            names.append(f"number-{values.get(part)}")
    return names


def clip_from(language: str, path: Path) -> Clip | None:
    """The clip in a WAV file, None if it can't be played."""
    try:
        with wave.open(str(path)) as audio:
            seconds = audio.getnframes() / audio.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return None
    return Clip(language, path.stem, path, seconds) if seconds else None
