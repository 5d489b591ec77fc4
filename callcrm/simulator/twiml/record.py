"""Record: a beep, then whatever the caller says until silence, a key, the limit or the end of the call."""

import math
from dataclasses import dataclass

from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.media import Dropped, HungUp, Redirected, Sign, Sound
from callcrm.simulator.recording_session import RecordingSession
from callcrm.simulator.twiml.document_runner import DocumentRunner, Outcome
from callcrm.simulator.twiml.verbs import Record

BEEP = 0.5


@dataclass
class Voice:
    """What has been spoken so far: from when, until when, and the sound if it was real."""

    first: float | None = None
    last: float = 0.0
    audio: bytes = b""

    def seconds(self, now: float) -> float:
        """How long somebody has spoken by now."""
        return 0.0 if self.first is None else min(self.last, now) - self.first


async def record(stage: DocumentRunner, verb: Record) -> Outcome:
    """Take a message; the action is told even if the caller hung up over it."""
    leg = stage.leg
    leg.answer()
    leg.ear.forget()
    if verb.play_beep:
        await leg.hear(Sound("beep", BEEP))
    leg.show(Sign.RECORDING)
    leg.call.asked_for_message = leg.call.asked_for_message or leg.switch.clock.now()
    tape = RecordingSession(
        stage, "RecordVerb", 1, verb.recording_status_callback, verb.recording_status_callback_event
    )
    voice = Voice()
    try:
        digits = await _listen(leg, verb, voice)
    except (HungUp, Dropped):
        params = _stop(leg, verb, tape, voice) | {"Digits": "hangup"}
        await stage.tell(stage.goto(verb.action, verb.method, params))
        raise
    except Redirected:
        _stop(leg, verb, tape, voice)
        raise
    return stage.goto(verb.action, verb.method, _stop(leg, verb, tape, voice) | {"Digits": digits})


def _stop(leg: Leg, verb: Record, tape: RecordingSession, voice: Voice) -> dict[str, str]:
    spoken = voice.seconds(leg.switch.clock.elapsed())
    if spoken:
        leg.call.voicemails.append(tape.recording.sid)
    if verb.trim == "do-not-trim":
        return tape.stop(audio=voice.audio)
    return tape.stop(max(1.0, spoken), voice.audio)  # silence too is kept, cut to a moment


async def _listen(leg: Leg, verb: Record, voice: Voice) -> str:
    """The key that ended the message, or nothing."""
    clock = leg.switch.clock
    began = voice.last = clock.elapsed()
    while True:
        now = clock.elapsed()
        patience = voice.last + verb.timeout - now if verb.timeout else math.inf
        left = min(began + verb.max_length - now, patience)
        if not await leg.rest(left, lambda: bool(leg.ear.keys or leg.ear.speech)):
            return ""
        while leg.ear.keys:
            key = leg.ear.keys.popleft()
            if key in verb.finish_on_key:
                return key
        while leg.ear.speech:
            _speaks(voice, leg, clock.elapsed())


def _speaks(voice: Voice, leg: Leg, now: float) -> None:
    speech = leg.ear.speech.popleft()
    voice.first = now if voice.first is None else voice.first
    voice.last = max(voice.last, now) + speech.seconds
    voice.audio = voice.audio or speech.audio
