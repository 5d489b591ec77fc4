"""Recordings as the carrier keeps them: no audio at first, then a real file with a hash to compare with."""

import asyncio
import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from callcrm.simulator.clock import Clock
from callcrm.simulator.parties.audio import silent_mp3, tone_wav


@dataclass
class Recording:
    """One recording; its media can be fetched once the status is `completed`."""

    sid: str
    call_sid: str
    source: str  # DialVerb | RecordVerb
    channels: int
    started: datetime
    status: str = "in-progress"  # in-progress | processing | completed | absent | deleted
    seconds: int = 0
    audio: bytes = field(default=b"", repr=False)

    def wav(self, channels: int = 1) -> bytes:
        """The media as WAV: `audio` where there is some, else tones whose pitch is this recording's own."""
        if self.audio:
            return self.audio
        pitch = 200 + int(hashlib.sha256(self.sid.encode()).hexdigest(), 16) % 200
        return tone_wav(self.seconds, (pitch, pitch + 330)[:channels])

    def mp3(self) -> bytes:
        """The media as MP3: silence of the right length."""
        return silent_mp3(self.seconds)

    def sha256(self, channels: int = 1) -> str:
        """The hash of the WAV file, in hexadecimal, to check a download with."""
        return hashlib.sha256(self.wav(channels)).hexdigest()


OnFinished = Callable[[Recording], None]


class Recordings:
    """All recordings of the account by SID. `make_audio` gives those a sound in which nobody really spoke."""

    def __init__(self, clock: Clock, delay: float) -> None:
        self.by_sid: dict[str, Recording] = {}
        self.make_audio: Callable[[Recording], bytes] | None = None
        self._clock = clock
        self._delay = delay

    def begin(self, recording: Recording) -> None:
        """Start to record."""
        self.by_sid[recording.sid] = recording

    def finish(self, recording: Recording, seconds: float, on_finished: OnFinished) -> None:
        """Stop after so many seconds of sound; `on_finished` is called once the media is there."""
        recording.seconds = math.ceil(seconds)
        recording.status = "processing"
        self._clock.spawn(self._process(recording, on_finished))

    async def _process(self, recording: Recording, on_finished: OnFinished) -> None:
        # The action's request brings the RecordingUrl before this: until then it is a 404.
        await self._clock.sleep(self._delay)
        if self.make_audio is not None and recording.seconds and not recording.audio:
            recording.audio = await asyncio.to_thread(self.make_audio, recording)
        recording.status = "completed" if recording.seconds else "absent"
        on_finished(recording)
