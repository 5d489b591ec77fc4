"""Documents that ring the operators when nothing else works: they need neither the store nor a flow."""

from collections.abc import Iterable

from twilio.twiml.voice_response import VoiceResponse

from callcrm.carrier import urls
from callcrm.carrier.twiml.dial import MAX_TARGETS, RECORDING_EVENTS
from callcrm.config import E164, SIP
from callcrm.ivr.steps import NodeKind, Position

RING_SECONDS = 25
MAX_MESSAGE_SECONDS = 180
LAST_STEP = 9_000_000  # of what follows a last resort, so that it sorts after all else of the call

NOTICE = "Please hold the line. We are connecting you."
# Without an action the document runs on after an answered Dial too: the text must fit both cases.
AFTER_DIAL = "If you have not spoken to anyone, please leave your name and number after the tone."


def static_fallback(numbers: Iterable[str], call_seconds: int) -> str:
    """The document the carrier keeps for when the app is down (a TwiML Bin): it names no URL of ours."""
    response = _ring_all(numbers, call_seconds)
    response.record(max_length=MAX_MESSAGE_SECONDS, play_beep=True)
    return str(response.to_xml())


def last_resort(numbers: Iterable[str], base_url: str, call_seconds: int) -> str:
    """The document for a caller whose request we could not work out: it needs only the operators' numbers."""
    action = base_url.rstrip("/") + urls.position_url(Position(NodeKind.VOICEMAIL, step=LAST_STEP))
    response = _ring_all(numbers, call_seconds)
    response.record(
        action=action,
        max_length=MAX_MESSAGE_SECONDS,
        finish_on_key="#",
        play_beep=True,
        recording_status_callback=base_url.rstrip("/") + urls.recording_url("voicemail"),
        recording_status_callback_event=RECORDING_EVENTS,
    )
    return str(response.to_xml())


def _ring_all(numbers: Iterable[str], call_seconds: int) -> VoiceResponse:
    response = VoiceResponse()
    response.say(NOTICE, language="en-US")
    dial = response.dial(timeout=RING_SECONDS, answer_on_bridge=True, time_limit=call_seconds)
    for number in [*numbers][:MAX_TARGETS]:
        if E164.fullmatch(number):
            dial.number(number)
        elif SIP.fullmatch(number):
            dial.sip(number)
    response.say(AFTER_DIAL, language="en-US")
    return response
