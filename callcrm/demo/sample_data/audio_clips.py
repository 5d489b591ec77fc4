"""Audio files for the demo's recordings: two voices hum in turns, as in a conversation."""

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

RATE = 8000  # samples a second, as on the telephone
PEAKS = 400  # values of a channel's waveform
MAX_SAMPLE = 32767


@dataclass(frozen=True, slots=True)
class AudioClip:
    """One WAV file in the folder of recordings, with what the app measures of those it fetches.

    `peaks` are the loudness of each channel (0 to 100), PEAKS values each.
    """

    path: str
    seconds: int
    channels: int
    bytes: int
    sha256: str
    peaks: list[list[int]]


@dataclass(frozen=True, slots=True)
class Syllable:
    """A short sound and how loud it gets (0 to 100)."""

    samples: bytes
    peak: int

    @property
    def length(self) -> int:
        """How many samples it has, of 16 bits each."""
        return len(self.samples) // 2


def make_voice(random: Random, pitch: float) -> list[Syllable]:
    """A few syllables at about this pitch (hertz), without words."""
    return [_syllable(random, pitch * random.uniform(0.85, 1.2)) for _ in range(9)]


def _syllable(random: Random, pitch: float) -> Syllable:
    length = int(RATE * random.uniform(0.09, 0.2))
    volume = random.uniform(0.25, 0.8)
    step = 2 * math.pi * pitch / RATE
    formant = random.choice((2, 3, 4))
    envelope = math.pi / length
    samples = array(
        "h",
        (
            int(
                volume
                * 16000
                * math.sin(envelope * n)
                * (math.sin(step * n) + 0.6 * math.sin(step * formant * n))
            )
            for n in range(length)
        ),
    )
    return Syllable(samples.tobytes(), round(100 * max(samples) / MAX_SAMPLE))


class Track:
    """One channel as it is filled, with its peaks. Positions and lengths are in samples."""

    def __init__(self, seconds: int) -> None:
        self.position = 0
        self.length = seconds * RATE
        self.peaks = [0] * PEAKS
        self._parts: list[bytes] = []

    def add(self, syllable: Syllable) -> None:
        """Append a syllable; nothing if it does not fit."""
        end = self.position + syllable.length
        if end > self.length:
            return
        first, last = self.position * PEAKS // self.length, (end - 1) * PEAKS // self.length
        for window in range(first, last + 1):
            envelope = math.sin(math.pi * (window - first + 0.5) / (last - first + 1))
            self.peaks[window] = max(self.peaks[window], round(syllable.peak * envelope))
        self._parts.append(syllable.samples)
        self.position = end

    def add_silence(self, length: int) -> None:
        """Append silence, as far as it fits."""
        length = min(length, self.length - self.position)
        self._parts.append(bytes(2 * length))
        self.position += length

    def samples(self) -> "array[int]":
        """The whole channel, silent to its end."""
        self.add_silence(self.length)
        return array("h", b"".join(self._parts))


def alternate(random: Random, seconds: int, voices: Sequence[Sequence[Syllable]]) -> list[Track]:
    """A track of so many seconds for each voice: they take turns, one speaks and the others are silent."""
    tracks = [Track(seconds) for _ in voices]
    speaker = 0
    while tracks[0].position < tracks[0].length - RATE:
        track = tracks[speaker]
        for _ in range(random.randint(6, 30)):
            track.add(random.choice(voices[speaker]))
            if random.random() < 0.25:
                track.add_silence(int(RATE * random.uniform(0.05, 0.3)))
        track.add_silence(int(RATE * random.uniform(0.2, 0.7)))
        for other in tracks:
            other.add_silence(track.position - other.position)
        speaker = (speaker + 1) % len(tracks)
    return tracks


def to_wav(tracks: Sequence[Track]) -> bytes:
    """The tracks as the channels of a WAV file."""
    channels = [track.samples() for track in tracks]
    mixed = array("h", bytes(2 * len(channels) * len(channels[0])))
    for index, samples in enumerate(channels):
        mixed[index :: len(channels)] = samples
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(mixed.tobytes())
    return buffer.getvalue()


def write_clips(folder: Path, random: Random, lengths: Sequence[int], channels: int) -> list[AudioClip]:
    """New clips of these lengths (seconds), written to the folder of recordings."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    caller, agent = make_voice(random, 150), make_voice(random, 215)
    return [_clip(folder, random, seconds, [caller, agent][:channels]) for seconds in lengths]


def conversation_wav(sid: str, seconds: int, channels: int) -> bytes:
    """The WAV file of a recording in which nobody really spoke; the same each time for the same SID."""
    random = Random(sid)
    voices = [make_voice(random, 150), make_voice(random, 215)][:channels]
    return to_wav(alternate(random, seconds, voices))


def _clip(folder: Path, random: Random, seconds: int, voices: Sequence[Sequence[Syllable]]) -> AudioClip:
    tracks = alternate(random, seconds, voices)
    audio, name = to_wav(tracks), secrets.token_hex(16)
    (folder / name).write_bytes(audio)
    digest = hashlib.sha256(audio).hexdigest()
    loudest = max(max(track.peaks) for track in tracks)
    peaks = [[round(100 * peak / loudest) for peak in track.peaks] for track in tracks]
    return AudioClip(name, seconds, len(tracks), len(audio), digest, peaks)
