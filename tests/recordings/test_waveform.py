"""How loud a recording is: measured of any WAV the carrier keeps, in bounded time, and never in the way."""

import asyncio
import re
import struct
import tracemalloc
from pathlib import Path

import pytest

from callcrm.recordings.fetch import Fetcher
from callcrm.recordings.local import LocalStorage
from callcrm.recordings.waveform import waveform_peaks
from callcrm.simulator.parties.audio import silent_mp3, tone_wav
from callcrm.store.store import Store
from tests.audio_server import carrier, sends
from tests.clocks import THREADS, SetClock
from tests.recordings.recorded_call import NOON, call_with_recording, recording
from tests.recordings.test_recordings_fetch import fetcher

RATE = 8000


def wav(samples: list[int], channels: int = 1, *, kind: int = 1, bits: int = 16, extra: bytes = b"") -> bytes:
    """A WAV file of these samples, channels taking turns."""
    data = struct.pack(f"<{len(samples)}h", *samples)
    fmt = struct.pack(
        "<HHIIHH", kind, channels, RATE, RATE * channels * bits // 8, channels * bits // 8, bits
    )
    fmt += extra
    chunks = b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


def of(tmp_path: Path, content: bytes) -> list[list[int]] | None:
    file = tmp_path / "sound"
    file.write_bytes(content)
    return waveform_peaks(file)


def test_each_channel_is_measured_by_itself_and_against_the_loudest(tmp_path: Path) -> None:
    loud_then_half = [20000, 0] * 600 + [-10000, 5000] * 600
    assert of(tmp_path, wav(loud_then_half, 2)) == [[100] * 300 + [50] * 300, [0] * 300 + [25] * 300]


def test_one_channel_is_one_row_of_at_most_600(tmp_path: Path) -> None:
    peaks = of(tmp_path, tone_wav(20, (440,)))
    assert peaks is not None
    assert [len(row) for row in peaks] == [600]
    assert min(peaks[0]) > 90


def test_a_sound_of_a_few_frames_has_as_many_moments(tmp_path: Path) -> None:
    assert of(tmp_path, wav([8000, -4000, 0])) == [[100, 50, 0]]


def test_the_loudest_moment_counts_downwards_too(tmp_path: Path) -> None:
    assert of(tmp_path, wav([16000, -32768])) == [[49, 100]]


def test_silence_is_flat_and_a_whisper_is_not_blown_up(tmp_path: Path) -> None:
    assert of(tmp_path, wav([0] * 4)) == [[0] * 4]
    whisper = of(tmp_path, wav([60] * 4))
    assert whisper is not None
    assert max(whisper[0]) < 12


def test_other_chunks_before_the_sound_are_passed_over(tmp_path: Path) -> None:
    plain = wav([8000, 4000])
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    assert of(tmp_path, plain[:12] + odd + plain[12:]) == [[100, 50]]


def test_an_extensible_header_is_read(tmp_path: Path) -> None:
    extra = struct.pack("<HHIH", 22, 16, 0, 1) + bytes(14)
    assert of(tmp_path, wav([8000, 4000], kind=0xFFFE, extra=extra)) == [[100, 50]]


def test_a_length_that_claims_too_much_is_not_believed(tmp_path: Path) -> None:
    whole = wav([8000, 4000])
    streamed = whole.replace(b"data" + struct.pack("<I", 4), b"data\xff\xff\xff\xff")
    assert of(tmp_path, streamed) == [[100, 50]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"RIFF\0\0\0\0WAVE",
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0",
        silent_mp3(2),
        wav([]),
        wav([1, 2], bits=8),
        wav([1, 2], kind=7),
        wav([1, 2, 3], 3),
        b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 100_000,
    ],
)
def test_what_is_no_such_wav_has_none(tmp_path: Path, content: bytes) -> None:
    assert of(tmp_path, content) is None


def read_bytes() -> int:
    """How much this process has read so far, of files and all else."""
    return int(re.findall(r"rchar: (\d+)", Path("/proc/self/io").read_text())[0])


def test_four_hours_of_two_voices_are_read_in_parts_and_take_little_memory(tmp_path: Path) -> None:
    long = tmp_path / "long"
    data = 4 * 3600 * RATE * 4
    with long.open("wb") as file:
        file.write(wav([1, 1], 2)[:40] + struct.pack("<I", data))
        file.truncate(44 + data)
    tracemalloc.start()
    before = read_bytes()
    peaks = waveform_peaks(long)
    read, (_, most) = read_bytes() - before, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peaks == [[0] * 600] * 2
    assert read < data / 10, read  # to read all of it takes a minute
    assert most < 2_000_000, most


@pytest.mark.parametrize(("content", "rows"), [(tone_wav(3, (440, 300)), 2), (silent_mp3(2), None)])
def test_a_recording_that_comes_home_is_measured(
    store: Store, tmp_path: Path, clock: SetClock, content: bytes, rows: int | None
) -> None:
    call_with_recording(store)
    storage = LocalStorage(tmp_path / "recordings", THREADS)
    with carrier(sends(content)) as server:
        home: Fetcher = fetcher(store, storage, clock, server.server_port)
        assert asyncio.run(home.fetch("RE1", NOON)) is None
    row = recording(store)
    assert row.status == "stored"
    assert (row.peaks and len(row.peaks)) == rows
