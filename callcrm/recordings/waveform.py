"""How loud a recording is, moment by moment: what a waveform is drawn from."""

import struct
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MOMENTS = 600
LOUDEST = 100
QUIET = 0.02  # of full scale: what never gets louder is drawn flat, not blown up
LOOKS, FRAMES = 8, 512  # of a long moment only this many looks of this many frames are read
PCM, EXTENSIBLE = 1, 0xFFFE
MOST_CHUNKS = 64
FULL = 32768


@dataclass(frozen=True, slots=True)
class Sound:
    """Where the samples of a WAV file are: 16 bits each, of one or two channels."""

    channels: int
    start: int
    frames: int


def peaks(file: Path) -> list[list[int]] | None:
    """Per channel at most 600 values of 0 to 100 at equal distances; None for what is no such WAV.

    However long the recording, a bounded part of it is read.
    """
    try:
        with file.open("rb") as opened:
            sound = _sound(opened, file.stat().st_size)
            return _measured(opened, sound) if sound else None
    except (OSError, struct.error):
        return None


def _sound(file: BinaryIO, size: int) -> Sound | None:
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    channels = 0
    for _ in range(MOST_CHUNKS):
        name, length = struct.unpack("<4sI", file.read(8))
        start = file.tell()
        if name == b"fmt ":
            channels = _channels(file.read(26))
        elif name == b"data":
            return _between(channels, start, min(length, size - start))
        file.seek(start + length + length % 2)
    return None


def _channels(told: bytes) -> int:
    """How many channels of 16-bit samples; 0 for any other kind of sound."""
    kind, channels, _, _, _, bits = struct.unpack("<HHIIHH", told[:16])
    if kind == EXTENSIBLE:
        kind = struct.unpack("<H", told[24:26])[0]
    return channels if kind == PCM and bits == 16 and channels in (1, 2) else 0


def _between(channels: int, start: int, length: int) -> Sound | None:
    frames = length // (2 * channels) if channels else 0
    return Sound(channels, start, frames) if frames else None


def _measured(file: BinaryIO, sound: Sound) -> list[list[int]]:
    moments = min(MOMENTS, sound.frames)
    heights: list[list[int]] = [[] for _ in range(sound.channels)]
    for moment in range(moments):
        first, last = (sound.frames * edge // moments for edge in (moment, moment + 1))
        samples = _samples(file, sound, first, last)
        for channel, mine in enumerate(heights):
            mine.append(_height(samples[channel :: sound.channels]))
    loudest = max(FULL * QUIET, *(max(mine) for mine in heights))
    return [[round(LOUDEST * one / loudest) for one in mine] for mine in heights]


def _samples(file: BinaryIO, sound: Sound, first: int, last: int) -> "array[int]":
    """All frames of a short moment, some of a long one."""
    found = array("h")
    if last - first <= LOOKS * FRAMES:
        looks = [(first, last - first)]
    else:
        looks = [(first + (last - first) * look // LOOKS, FRAMES) for look in range(LOOKS)]
    for place, frames in looks:
        file.seek(sound.start + place * 2 * sound.channels)
        read = file.read(frames * 2 * sound.channels)
        found.frombytes(read[: len(read) // 2 * 2])
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _height(samples: "array[int]") -> int:
    return max(max(samples), -min(samples)) if samples else 0
