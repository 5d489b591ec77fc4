"""Audio files: tones as WAV, silence as MP3, and how long a sound or a text takes."""

import io
import math
import struct
import wave
from functools import lru_cache

RATE = 8000  # samples a second, as on the telephone
SPEECH_RATE = 15.0  # characters a second of an unhurried voice

# MPEG-2 layer III, 32 kbit/s, 16 kHz, mono: 144 bytes for 36 ms; all zero after the header is silence.
_MP3_FRAME = bytes([0xFF, 0xF3, 0x48, 0xC0]) + bytes(140)


@lru_cache(maxsize=256)
def _tone(pitch: int) -> tuple[int, ...]:
    """One second of a tone; whole hertz, so that seconds join without a click."""
    return tuple(round(6000 * math.sin(2 * math.pi * pitch * n / RATE)) for n in range(RATE))


@lru_cache(maxsize=64)
def _second(pitches: tuple[int, ...]) -> bytes:
    tones = [_tone(pitch) for pitch in pitches]
    samples = [sample for frame in zip(*tones, strict=True) for sample in frame]
    return struct.pack(f"<{len(samples)}h", *samples)


def tone_wav(seconds: int, pitches: tuple[int, ...]) -> bytes:
    """A WAV file, 8 kHz 16-bit, one channel for each pitch (hertz)."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(len(pitches))
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(_second(pitches) * seconds)
    return buffer.getvalue()


def silent_mp3(seconds: int) -> bytes:
    """An MP3 file of so many seconds of silence."""
    return _MP3_FRAME * max(1, round(seconds / 0.036))


def speaking_time(text: str) -> float:
    """Seconds it takes to speak a text."""
    return max(0.5, len(text) / SPEECH_RATE)


def playing_time(body: bytes) -> float:
    """Seconds a sound file plays: exact for WAV, a guess at 32 kbit/s for anything else."""
    try:
        with wave.open(io.BytesIO(body)) as file:
            return float(file.getnframes() / file.getframerate())
    except (wave.Error, EOFError):
        return len(body) / 4000
