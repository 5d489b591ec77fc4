"""One leg of a call: its status and status callbacks, waiting on it, and playing sound to its far end."""

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from callcrm.simulator.account import Account, Sids
from callcrm.simulator.clock import Clock, Signal
from callcrm.simulator.ground_truth import Alert, CallTruth, GroundTruth, HeardSound, LegTruth
from callcrm.simulator.parties.media import AudioIn, AudioOut, Directory, Dropped, HungUp, LineEvent, Sound
from callcrm.simulator.recordings import Recordings
from callcrm.simulator.settings import CarrierSettings
from callcrm.simulator.twiml.queues import Queues
from callcrm.simulator.wire.callbacks import Callbacks
from callcrm.simulator.wire.webhooks import WebhookClient, WebhookRequest

# The carrier sends all sixteen with every request, blank where it knows no place.
GEO_PARAMS = [
    f"{party}{part}"
    for party in ("From", "To", "Caller", "Called")
    for part in ("City", "State", "Zip", "Country")
]
SIP_CODES = {"completed": "200", "busy": "486", "no-answer": "487", "canceled": "487", "failed": "404"}
MAX_CALL_SECONDS = 14400.0  # of a call that no shorter limit is set for
STATUS_OF_EVENT = {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress"}


@dataclass
class CarrierState:
    """What all legs of one carrier share: the account, the clock, the way to the app, and what it keeps."""

    account: Account
    clock: Clock
    webhooks: WebhookClient
    callbacks: Callbacks
    directory: Directory
    settings: CarrierSettings
    sids: Sids
    queues: Queues
    recordings: Recordings
    ground_truth: GroundTruth = field(default_factory=GroundTruth)
    legs: dict[str, "Leg"] = field(default_factory=dict)
    media_seconds: dict[str, float] = field(default_factory=dict)  # by URL: each file is fetched once


@dataclass(frozen=True, slots=True)
class StatusCallback:
    """Where a leg's progress is reported, and which of its events."""

    url: str
    events: tuple[str, ...] = ("completed",)
    method: str = "POST"


def never() -> bool:
    """The condition of a wait that only time ends."""
    return False


class Leg:
    """One leg between the carrier and a far end; the root leg is the call."""

    def __init__(
        self,
        carrier: CarrierState,
        from_: str,
        to: str,
        direction: str,
        *,
        parent: "Leg | None" = None,
        status_callback: StatusCallback | None = None,
        fallback_url: str | None = None,
        extra_params: Mapping[str, str] | None = None,
    ) -> None:
        self.carrier = carrier
        self.sid = carrier.sids.new("CA")
        self.from_, self.to, self.direction = from_, to, direction
        self.parent, self.status_callback, self.fallback_url = parent, status_callback, fallback_url
        self.extra_params = dict(extra_params or {})
        self.audio_in = AudioIn()
        self.audio_out: AudioOut | None = None
        self.human = False
        self.ended = Signal()
        self.time_limit = MAX_CALL_SECONDS  # once it is answered; of calls placed by REST
        self.limit_changed = Signal()
        self.fetch_times: deque[float] = deque(maxlen=50)  # of the latest documents, to detect loops
        self._status = "queued" if direction == "outbound-api" else "ringing"
        self._sequence = 0
        self.truth = LegTruth(self.sid, from_, to, direction, carrier.clock.now(), status=self._status)
        self.call_truth = self._add_to_ground_truth()
        carrier.legs[self.sid] = self

    def _add_to_ground_truth(self) -> CallTruth:
        if self.parent is not None:
            self.parent.call_truth.legs.append(self.truth)
            return self.parent.call_truth
        return self.carrier.ground_truth.calls.setdefault(self.sid, CallTruth(self.truth))

    # --- status -----------------------------------------------------------------------------

    @property
    def root(self) -> "Leg":
        """The leg this call began with."""
        return self.parent.root if self.parent else self

    @property
    def over(self) -> bool:
        """Whether the leg has ended."""
        return self.truth.ended is not None

    @property
    def status(self) -> str:
        """The carrier's CallStatus; an end that is pending counts already."""
        pending = self.audio_in.pending_interrupt
        if not self.over and isinstance(pending, HungUp):
            return "completed" if self.truth.answered else "no-answer"
        if not self.over and isinstance(pending, Dropped):
            return pending.status
        return self._status

    def progress(self, event: str) -> None:
        """Advance to `initiated`, `ringing` or `answered`, and report it."""
        self._status = STATUS_OF_EVENT[event]
        self._report(event)

    def answer(self) -> None:
        """Answer the leg, unless it is answered already."""
        if self.truth.answered is None:
            self.truth.answered = self.carrier.clock.now()
            self.progress("answered")

    def end(self, status: str, by: str) -> None:
        """End the leg with a final status, and report it; nothing if it has ended already."""
        if self.over:
            return
        now = self.carrier.clock.now()
        self._status = self.truth.status = status
        self.truth.ended, self.truth.ended_by = now, by
        since = self.truth.answered or now
        self.truth.seconds = round((now - since).total_seconds())
        self._report("completed")
        if self.audio_out is not None:
            self.audio_out.notify(LineEvent.ENDED)
        self.ended.set()

    # --- requests to the app ------------------------------------------------------------------

    def params(self) -> dict[str, str]:
        """The form parameters of every request about this leg."""
        names = {"From": self.from_, "To": self.to, "Caller": self.from_, "Called": self.to}
        base = {
            "CallSid": self.sid,
            "AccountSid": self.carrier.account.sid,
            **names,
            "CallStatus": self.status,
            "ApiVersion": "2010-04-01",
            "Direction": self.direction,
            **dict.fromkeys(GEO_PARAMS, ""),
        }
        if self.parent is not None:
            base["ParentCallSid"] = self.parent.sid
        return base | self.extra_params

    def send_callback(self, request: WebhookRequest, key: str) -> None:
        """Send a callback about this leg, in the order of its call; `key` seeds what chaos does to it."""
        self.carrier.callbacks.send(request, self.root.sid, key)

    def _report(self, event: str) -> None:
        callback = self.status_callback
        if callback is None or event not in callback.events:
            return
        params = self.params() | self._progress_params(event)
        self._sequence += 1
        token = self.carrier.sids.token()
        request = WebhookRequest(
            "status", callback.url, tuple(params.items()), callback.method, self.sid, token
        )
        self.send_callback(request, f"{self.sid}:{event}:{self._sequence}")

    def _progress_params(self, event: str) -> dict[str, str]:
        # SequenceNumber counts the reports sent, not the events: a number's only report has 0.
        params = {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._sequence),
            "Timestamp": rfc2822(self.carrier.clock.now()),
        }
        if event == "completed":
            params["CallDuration"] = str(self.truth.seconds)
            params["Duration"] = str(math.ceil(self.truth.seconds / 60))  # billed minutes
            params["SipResponseCode"] = SIP_CODES.get(self._status, "200")
        return params

    def record_error(self, code: int, reason: str) -> None:
        """Note that the app did something the carrier could not run."""
        self.call_truth.errors.append(Alert(self.carrier.clock.now(), code, reason))

    # --- time and sound -------------------------------------------------------------------------

    async def wait(self, seconds: float, until: Callable[[], bool] = never, *signals: Signal) -> bool:
        """True once `until` holds, false after so many seconds; raises the Interrupt that ends the wait.

        `until` is asked again after input from the far end and whenever one of the signals is set.
        """
        clock = self.carrier.clock
        deadline = clock.monotonic() + seconds
        while True:
            # Cleared before the condition is asked: what is set from here on is not missed.
            for signal in signals:
                signal.clear()
            self.audio_in.raise_interrupt()
            if until():
                return True
            left = deadline - clock.monotonic()
            if left <= 0:
                return False
            await clock.wait(self.audio_in.signal, *signals, seconds=left)

    async def play(self, sound: Sound, until: Callable[[], bool] = never, *signals: Signal) -> bool:
        """Play a sound to the far end; true if `until` held before its end and cut it."""
        clock = self.carrier.clock
        seconds = sound.seconds if self.audio_out is None else await self.audio_out.start(sound)
        began, at = clock.monotonic(), clock.now()
        cut = True
        try:
            cut = await self.wait(seconds, until, *signals)
        finally:
            if self.parent is None:
                self.call_truth.heard_sounds.append(HeardSound(at, sound, clock.monotonic() - began))
            if cut and self.audio_out is not None:
                await self.audio_out.stop()
        return cut

    def notify(self, event: LineEvent, peer: str = "") -> None:
        """Let the far end notice an event on the line."""
        if self.audio_out is not None:
            self.audio_out.notify(event, peer)


def rfc2822(moment: datetime) -> str:
    """A time as the carrier writes it in forms and JSON."""
    return format_datetime(moment)
