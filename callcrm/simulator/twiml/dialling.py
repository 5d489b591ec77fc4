"""Dial: ring others, connect the first, and tell the action how it went."""

from dataclasses import dataclass, field

from callcrm.simulator.ground_truth import Talk
from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.callees import FOREVER, Race, start_race
from callcrm.simulator.parties.media import Interrupt, Redirected, Sign, Sound
from callcrm.simulator.recording_session import RecordingSession
from callcrm.simulator.twiml.document_runner import DocumentRunner, Goto, Outcome
from callcrm.simulator.twiml.verbs import Dial


@dataclass
class Result:
    """How a Dial went, as its action is told."""

    status: str = "failed"
    leg: Leg | None = None
    bridged: bool = False
    recording: dict[str, str] = field(default_factory=dict)

    def params(self) -> dict[str, str]:
        """The action's parameters besides the usual ones."""
        told = {"DialCallStatus": self.status, "DialBridged": str(self.bridged).lower(), **self.recording}
        if self.leg is not None:
            told["DialCallSid"] = self.leg.sid
            if self.leg.truth.answered:
                told["DialCallDuration"] = str(self.leg.truth.seconds)
        return told


async def dial(stage: DocumentRunner, verb: Dial) -> Outcome:
    """Ring everybody at once and connect the caller with the first who accepts."""
    if not verb.answer_on_bridge:
        stage.leg.answer()
    race, result = start_race(stage, verb), Result()
    try:
        await _run(stage, verb, race, result)
    except Interrupt:
        await _abandon(stage, race, result)
        if verb.action is not None:
            await stage.tell(stage.goto(verb.action, verb.method, result.params()))
        raise
    if verb.action is None:
        return None
    return stage.goto(verb.action, verb.method, result.params())


async def _run(stage: DocumentRunner, verb: Dial, race: Race, result: Result) -> None:
    await _wait(stage, verb, race)
    if race.winner is not None:
        await _connect(stage, verb, race.winner, result)
    await stage.switch.clock.join(*race.tasks)
    result.leg = race.winner or race.first or (race.legs[-1] if race.legs else None)
    if race.winner is None:
        result.status = race.result


async def _wait(stage: DocumentRunner, verb: Dial, race: Race) -> None:
    ringing = verb.timeout + stage.switch.settings.ring_padding
    decided = await stage.leg.hear(Sound("ringing", ringing), lambda: race.decided, race.bell)
    if decided:
        return
    for leg in race.legs:
        if leg.truth.answered is None:
            leg.ear.refuse("no-answer")
    await stage.leg.rest(FOREVER, lambda: race.decided, race.bell)


async def _connect(stage: DocumentRunner, verb: Dial, other: Leg, result: Result) -> None:
    leg, clock = stage.leg, stage.switch.clock
    leg.answer()
    result.status, result.bridged, result.leg = "completed", True, other
    tape = _tape(stage, verb)
    start, began = clock.now(), clock.elapsed()
    leg.show(Sign.CONNECTED, other.to)
    other.show(Sign.CONNECTED, other.from_)
    try:
        await _talk(leg, other, verb, began)
    finally:
        leg.root.call.talks.append(Talk(other.sid, other.to, other.human, start, clock.now()))
        result.recording = tape.stop() if tape else {}
        leg.show(Sign.PARTED)
    _release(stage, other)


async def _talk(leg: Leg, other: Leg, verb: Dial, began: float) -> None:
    """Let them talk until the other one goes, or the time is up; the caller's own going interrupts."""
    clock = leg.switch.clock

    def done() -> bool:
        starred = verb.hangup_on_star and "*" in leg.ear.keys
        leg.ear.forget()
        other.ear.forget()
        return starred or other.ear.interrupt is not None

    while not done():
        left = began + verb.time_limit - clock.elapsed()
        if not await leg.rest(left, done, other.ear.bell):
            return


def _release(stage: DocumentRunner, other: Leg) -> None:
    """The other leg ends, unless REST has sent it somewhere else: then it lives on by itself."""
    gone = other.ear.interrupt
    if isinstance(gone, Redirected):
        other.ear.interrupt = None
        stage.switch.clock.spawn(stage.lead(other, Goto(gone.url, gone.method, body=gone.body)))
    else:
        other.end("completed", "carrier" if gone is None else "far end")


async def _abandon(stage: DocumentRunner, race: Race, result: Result) -> None:
    """The caller is gone: nobody rings any longer, and whoever was connected is dropped."""
    if race.winner is not None:
        _release(stage, race.winner)
    race.cut("canceled", spare=race.winner)
    await stage.switch.clock.join(*race.tasks)
    result.leg = race.winner or race.first or (race.legs[-1] if race.legs else None)
    if not result.bridged:
        result.status = "canceled"


def _tape(stage: DocumentRunner, verb: Dial) -> RecordingSession | None:
    if verb.record == "do-not-record":
        return None
    channels = 2 if verb.record.endswith("dual") else 1
    url, events = verb.recording_status_callback, verb.recording_status_callback_event
    return RecordingSession(stage, "DialVerb", channels, url, events)
