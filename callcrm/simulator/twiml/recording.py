"""Record: a beep, then what the caller says until silence, a key, the limit or the end of the call."""

import math
from dataclasses import dataclass

from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.media import Dropped, HungUp, LineEvent, Redirected, Sound
from callcrm.simulator.recording_session import RecordingSession
from callcrm.simulator.twiml.document_runner import DocumentRunner, Outcome
from callcrm.simulator.twiml.verbs import Record

BEEP_SECONDS = 0.5


@dataclass
class RecordedSpeech:
    """What has been spoken so far: from when until when, on the clock's scale, and real audio if there is."""

    first: float | None = None
    last: float = 0.0
    audio: bytes = b""

    def seconds(self, now: float) -> float:
        """How long somebody has spoken by now."""
        return 0.0 if self.first is None else min(self.last, now) - self.first


async def record(runner: DocumentRunner, verb: Record) -> Outcome:
    """Take a message; the action is requested even if the caller ended it by hanging up."""
    leg = runner.leg
    leg.answer()
    leg.audio_in.discard_input()
    if verb.play_beep:
        await leg.play(Sound("beep", BEEP_SECONDS))
    leg.notify(LineEvent.RECORDING)
    leg.call_truth.recorder_reached_at = leg.call_truth.recorder_reached_at or leg.carrier.clock.now()
    session = RecordingSession(
        runner, "RecordVerb", 1, verb.recording_status_callback, verb.recording_status_callback_event
    )
    speech = RecordedSpeech()
    try:
        digits = await _listen(leg, verb, speech)
    except (HungUp, Dropped):
        params = _stop(leg, verb, session, speech) | {"Digits": "hangup"}
        await runner.request_only(runner.goto(verb.action, verb.method, params))
        raise
    except Redirected:
        _stop(leg, verb, session, speech)
        raise
    # Without an action the current document is requested again, as the carrier does: an endless loop.
    return runner.goto(verb.action, verb.method, _stop(leg, verb, session, speech) | {"Digits": digits})


def _stop(leg: Leg, verb: Record, session: RecordingSession, speech: RecordedSpeech) -> dict[str, str]:
    spoken = speech.seconds(leg.carrier.clock.monotonic())
    if spoken:
        leg.call_truth.voicemails.append(session.recording.sid)
    if verb.trim == "do-not-trim":
        return session.stop(audio=speech.audio)
    return session.stop(max(1.0, spoken), speech.audio)  # silence too is kept, trimmed to a second


async def _listen(leg: Leg, verb: Record, speech: RecordedSpeech) -> str:
    """The key that ended the message, or nothing."""
    clock = leg.carrier.clock
    began = speech.last = clock.monotonic()
    while True:
        now = clock.monotonic()
        silence_left = speech.last + verb.timeout - now if verb.timeout else math.inf
        left = min(began + verb.max_length - now, silence_left)
        if not await leg.wait(left, lambda: bool(leg.audio_in.keys or leg.audio_in.speech)):
            return ""
        while leg.audio_in.keys:
            key = leg.audio_in.keys.popleft()
            if key in verb.finish_on_key:
                return key
        while leg.audio_in.speech:
            _add_speech(speech, leg, clock.monotonic())


def _add_speech(speech: RecordedSpeech, leg: Leg, now: float) -> None:
    new = leg.audio_in.speech.popleft()
    speech.first = now if speech.first is None else speech.first
    speech.last = max(speech.last, now) + new.seconds
    speech.audio = speech.audio or new.audio
