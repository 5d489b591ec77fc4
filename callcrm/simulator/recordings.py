"""Recordings as the carrier keeps them: absent at first, then real sound with a known hash."""

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
    """One recording; its sound exists once the status is `completed`."""

    sid: str
    call_sid: str
    source: str  # DialVerb | RecordVerb
    channels: int
    started: datetime
    status: str = "in-progress"  # in-progress | processing | completed | absent | deleted
    seconds: int = 0
    audio: bytes = field(default=b"", repr=False)

    def wav(self, channels: int = 1) -> bytes:
        """The sound: what was spoken if there was a real voice, else tones of this recording's own."""
        if self.audio:
            return self.audio
        pitch = 200 + int(hashlib.sha256(self.sid.encode()).hexdigest(), 16) % 200
        return tone_wav(self.seconds, (pitch, pitch + 330)[:channels])

    def mp3(self) -> bytes:
        """The sound as MP3: silence of the right length."""
        return silent_mp3(self.seconds)

    def sha256(self, channels: int = 1) -> str:
        """The hash of the WAV file, for whoever checks a download."""
        return hashlib.sha256(self.wav(channels)).hexdigest()


Finished = Callable[[Recording], None]


class Recordings:
    """All recordings of the account by SID. `voice` makes the sound of those in which nobody really spoke."""

    def __init__(self, clock: Clock, delay: float) -> None:
        self.by_sid: dict[str, Recording] = {}
        self.voice: Callable[[Recording], bytes] | None = None
        self._clock = clock
        self._delay = delay

    def begin(self, recording: Recording) -> None:
        """Start to record."""
        self.by_sid[recording.sid] = recording

    def finish(self, recording: Recording, seconds: float, finished: Finished) -> None:
        """Stop; some time later the sound is there and `finished` is called."""
        recording.seconds = math.ceil(seconds)
        recording.status = "processing"
        self._clock.spawn(self._process(recording, finished))

    async def _process(self, recording: Recording, finished: Finished) -> None:
        await self._clock.sleep(self._delay)
        if self.voice is not None and recording.seconds and not recording.audio:
            recording.audio = await asyncio.to_thread(self.voice, recording)
        recording.status = "completed" if recording.seconds else "absent"
        finished(recording)
