"""The peaks of a recording, from which its waveform is drawn."""

import struct
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAX_VALUES = 600  # per channel
SCALE = 100
QUIETEST_PEAK = 0.02  # of full scale: what never gets louder is drawn flat, not blown up
WINDOWS, WINDOW_FRAMES = 8, 512  # of a long interval only so many windows of so many frames are read
PCM_FORMAT, EXTENSIBLE_FORMAT = 1, 0xFFFE  # the format tag; the extensible one has the real one behind it
MAX_CHUNKS = 64
FULL_SCALE = 32768


@dataclass(frozen=True, slots=True)
class WavData:
    """Where the samples of a WAV file are: 16 bits each, of one or two channels."""

    channels: int
    start: int
    frames: int


def waveform_peaks(file: Path) -> list[list[int]] | None:
    """Per channel at most 600 values from 0 to 100, of equal intervals; None if the file is not a WAV of
    16-bit PCM in one or two channels. A bounded part of the file is read, however long the recording.
    """
    try:
        with file.open("rb") as wav:
            data = _find_data(wav, file.stat().st_size)
            return _peaks_by_channel(wav, data) if data else None
    except (OSError, struct.error):
        return None


def _find_data(file: BinaryIO, size: int) -> WavData | None:
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    channels = 0
    for _ in range(MAX_CHUNKS):
        name, length = struct.unpack("<4sI", file.read(8))
        start = file.tell()
        if name == b"fmt ":
            channels = _channel_count(file.read(26))
        elif name == b"data":
            return _wav_data(channels, start, min(length, size - start))
        file.seek(start + length + length % 2)  # a RIFF chunk of odd length has a padding byte
    return None


def _channel_count(format_chunk: bytes) -> int:
    """How many channels of 16-bit samples; 0 for any other format."""
    kind, channels, _, _, _, bits = struct.unpack("<HHIIHH", format_chunk[:16])
    if kind == EXTENSIBLE_FORMAT:
        kind = struct.unpack("<H", format_chunk[24:26])[0]
    return channels if kind == PCM_FORMAT and bits == 16 and channels in (1, 2) else 0


def _wav_data(channels: int, start: int, length: int) -> WavData | None:
    frames = length // (2 * channels) if channels else 0
    return WavData(channels, start, frames) if frames else None


def _peaks_by_channel(file: BinaryIO, data: WavData) -> list[list[int]]:
    count = min(MAX_VALUES, data.frames)
    peaks: list[list[int]] = [[] for _ in range(data.channels)]
    for index in range(count):
        first, last = (data.frames * edge // count for edge in (index, index + 1))
        samples = _samples(file, data, first, last)
        for channel, channel_peaks in enumerate(peaks):
            channel_peaks.append(_peak(samples[channel :: data.channels]))  # frames are interleaved
    loudest = max(FULL_SCALE * QUIETEST_PEAK, *(max(channel_peaks) for channel_peaks in peaks))
    return [[round(SCALE * peak / loudest) for peak in channel_peaks] for channel_peaks in peaks]


def _samples(file: BinaryIO, data: WavData, first: int, last: int) -> "array[int]":
    """All frames of a short interval, those of some windows of a long one."""
    samples = array("h")
    if last - first <= WINDOWS * WINDOW_FRAMES:
        windows = [(first, last - first)]
    else:
        windows = [(first + (last - first) * window // WINDOWS, WINDOW_FRAMES) for window in range(WINDOWS)]
    for offset, frames in windows:
        file.seek(data.start + offset * 2 * data.channels)
        read = file.read(frames * 2 * data.channels)
        samples.frombytes(read[: len(read) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _peak(samples: "array[int]") -> int:
    return max(max(samples), -min(samples)) if samples else 0
