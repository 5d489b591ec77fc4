"""Recordings for the demo: nobody speaks in them, but two voices take turns as people do."""

import hashlib
import io
import math
import secrets
import wave
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

RATE = 8000
PEAKS = 400  # values a channel
LOUDEST = 32767


@dataclass(frozen=True, slots=True)
class Clip:
    """One sound file in the keeping of recordings, measured as the app measures what it fetches."""

    path: str
    seconds: int
    channels: int
    bytes: int
    sha256: str
    peaks: list[list[int]]


@dataclass(frozen=True, slots=True)
class Syllable:
    """A short sound and how loud it gets (0 to 100)."""

    sound: bytes
    peak: int

    @property
    def samples(self) -> int:
        """How long it is."""
        return len(self.sound) // 2


def voice(random: Random, pitch: float) -> list[Syllable]:
    """A handful of hums at about this pitch, as of somebody heard through a wall."""
    return [_syllable(random, pitch * random.uniform(0.85, 1.2)) for _ in range(9)]


def _syllable(random: Random, pitch: float) -> Syllable:
    length = int(RATE * random.uniform(0.09, 0.2))
    loud = random.uniform(0.25, 0.8)
    turn = 2 * math.pi * pitch / RATE
    formant = random.choice((2, 3, 4))
    swell = math.pi / length
    sound = array(
        "h",
        (
            int(
                loud * 16000 * math.sin(swell * n) * (math.sin(turn * n) + 0.6 * math.sin(turn * formant * n))
            )
            for n in range(length)
        ),
    )
    return Syllable(sound.tobytes(), round(100 * max(sound) / LOUDEST))


class Track:
    """One channel as it grows, with its loudness."""

    def __init__(self, seconds: int) -> None:
        self.parts: list[bytes] = []
        self.at = 0
        self.whole = seconds * RATE
        self.peaks = [0] * PEAKS

    def say(self, syllable: Syllable) -> None:
        """One syllable more."""
        end = self.at + syllable.samples
        if end > self.whole:
            return
        first, last = self.at * PEAKS // self.whole, (end - 1) * PEAKS // self.whole
        for window in range(first, last + 1):
            swell = math.sin(math.pi * (window - first + 0.5) / (last - first + 1))
            self.peaks[window] = max(self.peaks[window], round(syllable.peak * swell))
        self.parts.append(syllable.sound)
        self.at = end

    def rest(self, samples: int) -> None:
        """Silence for so long, or to the end."""
        samples = min(samples, self.whole - self.at)
        self.parts.append(bytes(2 * samples))
        self.at += samples

    def samples(self) -> "array[int]":
        """All of it, silent to the end."""
        self.rest(self.whole)
        return array("h", b"".join(self.parts))


def converse(random: Random, seconds: int, voices: Sequence[Sequence[Syllable]]) -> list[Track]:
    """Voices taking turns, a track each: while one speaks the others are silent."""
    tracks = [Track(seconds) for _ in voices]
    speaker = 0
    while tracks[0].at < tracks[0].whole - RATE:
        track = tracks[speaker]
        for _ in range(random.randint(6, 30)):
            track.say(random.choice(voices[speaker]))
            if random.random() < 0.25:
                track.rest(int(RATE * random.uniform(0.05, 0.3)))
        track.rest(int(RATE * random.uniform(0.2, 0.7)))
        for other in tracks:
            other.rest(track.at - other.at)
        speaker = (speaker + 1) % len(tracks)
    return tracks


def wav(tracks: Sequence[Track]) -> bytes:
    """The tracks as the channels of a WAV file."""
    channels = [track.samples() for track in tracks]
    mixed = array("h", bytes(2 * len(channels) * len(channels[0])))
    for place, samples in enumerate(channels):
        mixed[place :: len(channels)] = samples
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(mixed.tobytes())
    return out.getvalue()


def record(folder: Path, random: Random, lengths: Sequence[int], channels: int) -> list[Clip]:
    """Clips of these lengths in the folder where recordings are kept."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    caller, agent = voice(random, 150), voice(random, 215)
    return [_clip(folder, random, seconds, [caller, agent][:channels]) for seconds in lengths]


def conversation(sid: str, seconds: int, channels: int) -> bytes:
    """The sound of a call that nobody really spoke in: the same each time for the same recording."""
    random = Random(sid)
    voices = [voice(random, 150), voice(random, 215)][:channels]
    return wav(converse(random, seconds, voices))


def _clip(folder: Path, random: Random, seconds: int, voices: Sequence[Sequence[Syllable]]) -> Clip:
    tracks = converse(random, seconds, voices)
    sound, name = wav(tracks), secrets.token_hex(16)
    (folder / name).write_bytes(sound)
    digest = hashlib.sha256(sound).hexdigest()
    loudest = max(max(track.peaks) for track in tracks)
    peaks = [[round(100 * peak / loudest) for peak in track.peaks] for track in tracks]
    return Clip(name, seconds, len(tracks), len(sound), digest, peaks)
