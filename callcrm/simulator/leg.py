"""One leg of a call: its status as the carrier tells it, and resting, hearing and listening on it."""

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from callcrm.simulator.account import Account, Sids
from callcrm.simulator.clock import Clock, Signal
from callcrm.simulator.ground_truth import CallTruth, Fault, GroundTruth, Heard, LegTruth
from callcrm.simulator.parties.media import AudioIn, AudioOut, Directory, Dropped, HungUp, Sign, Sound
from callcrm.simulator.recordings import Recordings
from callcrm.simulator.settings import Settings
from callcrm.simulator.twiml.queues import Queues
from callcrm.simulator.wire.callbacks import Callbacks
from callcrm.simulator.wire.webhooks import Errand, Webhooks

GEO = [
    f"{who}{what}"
    for who in ("From", "To", "Caller", "Called")
    for what in ("City", "State", "Zip", "Country")
]
SIP_CODES = {"completed": "200", "busy": "486", "no-answer": "487", "canceled": "487", "failed": "404"}
STATUS_OF_EVENT = {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress"}


@dataclass
class CarrierState:
    """What all legs share: the account, time, the way to the app, and what the carrier keeps."""

    account: Account
    clock: Clock
    web: Webhooks
    callbacks: Callbacks
    directory: Directory
    settings: Settings
    sids: Sids
    queues: Queues
    recordings: Recordings
    book: GroundTruth = field(default_factory=GroundTruth)
    legs: dict[str, "Leg"] = field(default_factory=dict)
    sounds: dict[str, float] = field(default_factory=dict)  # seconds by URL: media is fetched once


@dataclass(frozen=True, slots=True)
class StatusPlan:
    """Where a leg's progress is told, and which events."""

    url: str
    events: tuple[str, ...] = ("completed",)
    method: str = "POST"


def never() -> bool:
    """Wait for nothing but the time."""
    return False


class Leg:
    """One leg between the carrier and a far end; the root leg is the call."""

    def __init__(
        self,
        switch: CarrierState,
        from_: str,
        to: str,
        direction: str,
        *,
        parent: "Leg | None" = None,
        plan: StatusPlan | None = None,
        fallback: str | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        self.switch = switch
        self.sid = switch.sids.new("CA")
        self.from_, self.to, self.direction = from_, to, direction
        self.parent, self.plan, self.fallback = parent, plan, fallback
        self.extra = dict(extra or {})
        self.ear = AudioIn()
        self.mouth: AudioOut | None = None
        self.human = False
        self.ended = Signal()
        self.recent: deque[float] = deque(maxlen=50)
        self._status = "queued" if direction == "outbound-api" else "ringing"
        self._told = 0
        self.truth = LegTruth(self.sid, from_, to, direction, switch.clock.now(), status=self._status)
        self.call = self._enter_in_book()
        switch.legs[self.sid] = self

    def _enter_in_book(self) -> CallTruth:
        if self.parent is not None:
            self.parent.call.legs.append(self.truth)
            return self.parent.call
        return self.switch.book.calls.setdefault(self.sid, CallTruth(self.truth))

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
        """The carrier's CallStatus."""
        if not self.over and isinstance(self.ear.interrupt, HungUp):
            return "completed" if self.truth.answered else "no-answer"
        if not self.over and isinstance(self.ear.interrupt, Dropped):
            return self.ear.interrupt.status
        return self._status

    def progress(self, event: str) -> None:
        """Come as far as `initiated`, `ringing` or `answered`, and tell."""
        self._status = STATUS_OF_EVENT[event]
        self._tell(event)

    def answer(self) -> None:
        """Be answered, if it is not yet."""
        if self.truth.answered is None:
            self.truth.answered = self.switch.clock.now()
            self.progress("answered")

    def end(self, status: str, by: str) -> None:
        """Be over for good, and tell."""
        if self.over:
            return
        now = self.switch.clock.now()
        self._status = self.truth.status = status
        self.truth.ended, self.truth.ended_by = now, by
        since = self.truth.answered or now
        self.truth.seconds = round((now - since).total_seconds())
        self._tell("completed")
        if self.mouth is not None:
            self.mouth.show(Sign.ENDED)
        self.ended.ring()

    # --- what the app is told -----------------------------------------------------------------

    def params(self) -> dict[str, str]:
        """The parameters of every request about this leg."""
        names = {"From": self.from_, "To": self.to, "Caller": self.from_, "Called": self.to}
        base = {
            "CallSid": self.sid,
            "AccountSid": self.switch.account.sid,
            **names,
            "CallStatus": self.status,
            "ApiVersion": "2010-04-01",
            "Direction": self.direction,
            **dict.fromkeys(GEO, ""),
        }
        if self.parent is not None:
            base["ParentCallSid"] = self.parent.sid
        return base | self.extra

    def _tell(self, event: str) -> None:
        if self.plan is None or event not in self.plan.events:
            return
        params = self.params() | self._progress_params(event)
        self._told += 1
        token = self.switch.sids.token()
        errand = Errand("status", self.plan.url, tuple(params.items()), self.plan.method, self.sid, token)
        self.callback(errand, f"{self.sid}:{event}:{self._told}")

    def callback(self, errand: Errand, key: str) -> None:
        """Send a callback about this leg, in the order of its call."""
        self.switch.callbacks.send(errand, self.root.sid, key)

    def _progress_params(self, event: str) -> dict[str, str]:
        params = {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._told),
            "Timestamp": rfc2822(self.switch.clock.now()),
        }
        if event == "completed":
            params["CallDuration"] = str(self.truth.seconds)
            params["Duration"] = str(math.ceil(self.truth.seconds / 60))
            params["SipResponseCode"] = SIP_CODES.get(self._status, "200")
        return params

    def fault(self, code: int, reason: str) -> None:
        """Remember that the app did something the carrier could not run."""
        self.call.faults.append(Fault(self.switch.clock.now(), code, reason))

    # --- time and sound -------------------------------------------------------------------------

    async def rest(self, seconds: float, until: Callable[[], bool] = never, *bells: Signal) -> bool:
        """Rest for so long (false) or until something is so (true); raises what interrupts the leg."""
        clock = self.switch.clock
        deadline = clock.elapsed() + seconds
        while True:
            for bell in bells:
                bell.clear()
            self.ear.attend()
            if until():
                return True
            left = deadline - clock.elapsed()
            if left <= 0:
                return False
            await clock.wait(self.ear.bell, *bells, seconds=left)

    async def hear(self, sound: Sound, until: Callable[[], bool] = never, *bells: Signal) -> bool:
        """Make the far end hear a sound; true if `until` came before its end."""
        clock = self.switch.clock
        seconds = sound.seconds if self.mouth is None else await self.mouth.start(sound)
        began, at = clock.elapsed(), clock.now()
        cut = True
        try:
            cut = await self.rest(seconds, until, *bells)
        finally:
            if self.parent is None:
                self.call.heard.append(Heard(at, sound, clock.elapsed() - began))
            if cut and self.mouth is not None:
                await self.mouth.stop()
        return cut

    def show(self, sign: Sign, who: str = "") -> None:
        """Let the far end notice something."""
        if self.mouth is not None:
            self.mouth.show(sign, who)


def rfc2822(moment: datetime) -> str:
    """A moment as the carrier writes it."""
    return format_datetime(moment)
