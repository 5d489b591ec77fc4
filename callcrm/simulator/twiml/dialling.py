"""Dial: ring others, bridge the caller with the first who accepts, and report to the action how it went."""

from dataclasses import dataclass, field

from callcrm.simulator.ground_truth import Conversation
from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.media import Interrupt, LineEvent, Redirected, Sound
from callcrm.simulator.recording_session import RecordingSession
from callcrm.simulator.twiml.document_runner import DocumentRunner, Goto, Outcome
from callcrm.simulator.twiml.ringing import FOREVER, SimultaneousRing, ring_all
from callcrm.simulator.twiml.verbs import Dial


@dataclass
class DialResult:
    """How a Dial went; `leg` is the one reported, `recording` the parameters of its recording."""

    status: str = "failed"
    leg: Leg | None = None
    bridged: bool = False
    recording: dict[str, str] = field(default_factory=dict)

    def params(self) -> dict[str, str]:
        """The action's parameters besides the leg's own."""
        params = {"DialCallStatus": self.status, "DialBridged": str(self.bridged).lower(), **self.recording}
        if self.leg is not None:
            params["DialCallSid"] = self.leg.sid
            if self.leg.truth.answered:
                params["DialCallDuration"] = str(self.leg.truth.seconds)
        return params


async def dial(runner: DocumentRunner, verb: Dial) -> Outcome:
    """Ring every noun at once and bridge the caller with the first who accepts."""
    if not verb.answer_on_bridge:
        runner.leg.answer()
    ring, result = ring_all(runner, verb), DialResult()
    try:
        await _ring_and_connect(runner, verb, ring, result)
    except Interrupt:
        await _abandon(runner, ring, result)
        # The action is requested even if the caller has hung up or was redirected; its TwiML is not run.
        if verb.action is not None:
            await runner.request_only(runner.goto(verb.action, verb.method, result.params()))
        raise
    if verb.action is None:
        return None
    return runner.goto(verb.action, verb.method, result.params())


async def _ring_and_connect(
    runner: DocumentRunner, verb: Dial, ring: SimultaneousRing, result: DialResult
) -> None:
    await _wait_for_winner(runner, verb, ring)
    if ring.winner is not None:
        await _connect(runner, verb, ring.winner, result)
    await runner.carrier.clock.join(*ring.tasks)
    result.leg = ring.reported_leg
    if ring.winner is None:
        result.status = ring.failed_status


async def _wait_for_winner(runner: DocumentRunner, verb: Dial, ring: SimultaneousRing) -> None:
    ringing = Sound("ringing", verb.timeout + runner.carrier.settings.ring_padding)
    if await runner.leg.play(ringing, lambda: ring.decided, ring.signal):
        return
    for leg in ring.legs:
        if leg.truth.answered is None:
            leg.audio_in.refuse("no-answer")
    # The timeout is for ringing: whoever picked up may finish being screened.
    await runner.leg.wait(FOREVER, lambda: ring.decided, ring.signal)


async def _connect(runner: DocumentRunner, verb: Dial, callee: Leg, result: DialResult) -> None:
    leg, clock = runner.leg, runner.carrier.clock
    leg.answer()
    result.status, result.bridged, result.leg = "completed", True, callee
    recording = _start_recording(runner, verb)
    start, began = clock.now(), clock.monotonic()
    leg.notify(LineEvent.CONNECTED, callee.to)
    callee.notify(LineEvent.CONNECTED, callee.from_)
    try:
        await _converse(leg, callee, verb, began)
    finally:
        conversation = Conversation(callee.sid, callee.to, callee.human, start, clock.now())
        leg.root.call_truth.conversations.append(conversation)
        result.recording = recording.stop() if recording else {}
        leg.notify(LineEvent.PARTED)
    _release_callee(runner, callee)


async def _converse(leg: Leg, callee: Leg, verb: Dial, began: float) -> None:
    """Let them talk until the callee goes or the time is up; the caller's own going raises an Interrupt."""
    clock = leg.carrier.clock

    def done() -> bool:
        starred = verb.hangup_on_star and "*" in leg.audio_in.keys
        leg.audio_in.discard_input()
        callee.audio_in.discard_input()
        return starred or callee.audio_in.pending_interrupt is not None

    while not done():
        left = began + verb.time_limit - clock.monotonic()
        if not await leg.wait(left, done, callee.audio_in.signal):
            return


def _release_callee(runner: DocumentRunner, callee: Leg) -> None:
    """End the callee's leg, unless a REST update has redirected it: then it goes on by itself."""
    cause = callee.audio_in.pending_interrupt
    if isinstance(cause, Redirected):
        callee.audio_in.pending_interrupt = None
        goto = Goto(cause.url, cause.method, twiml=cause.twiml)
        runner.carrier.clock.spawn(runner.run_leg(callee, goto))
    else:
        callee.end("completed", "carrier" if cause is None else "far end")


async def _abandon(runner: DocumentRunner, ring: SimultaneousRing, result: DialResult) -> None:
    """The caller is gone: stop ringing, and drop whoever was connected."""
    if ring.winner is not None:
        _release_callee(runner, ring.winner)
    ring.drop("canceled", except_leg=ring.winner)
    await runner.carrier.clock.join(*ring.tasks)
    result.leg = ring.reported_leg
    if not result.bridged:
        result.status = "canceled"


def _start_recording(runner: DocumentRunner, verb: Dial) -> RecordingSession | None:
    if verb.record == "do-not-record":
        return None
    channels = 2 if verb.record.endswith("dual") else 1
    url, events = verb.recording_status_callback, verb.recording_status_callback_event
    return RecordingSession(runner, "DialVerb", channels, url, events)
