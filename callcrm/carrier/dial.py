"""The Dial verb: whom to ring, and the documents that ring the operators when nothing else works."""

import re
from collections.abc import Iterable, Sequence

from twilio.twiml.voice_response import Dial, VoiceResponse

from callcrm.carrier import urls
from callcrm.config import E164, SIP
from callcrm.ivr.steps import NodeKind, Position, Ring, Target

IDENTITY = re.compile(r"[A-Za-z0-9_]{1,121}")
ADDRESSES = {"phone": E164, "sip": SIP, "softphone": IDENTITY}
MOST_AT_ONCE = 10
EVENTS = "initiated ringing answered completed"
RECORDING_EVENTS = "in-progress completed absent"
LAST_RESORT_RING = 25  # seconds
LONGEST_MESSAGE = 180
LAST_STEP = 9_000_000  # what follows a last resort comes after all else of the call

NOTICE = "Please hold the line. We are connecting you."
# without an action the document runs on after an answered call too: the words must fit both cases
AFTERWARDS = "If you have not spoken to anyone, please leave your name and number after the tone."


def is_dialable(target: Target) -> bool:
    """Whether a target is a number, address or identity of the form its kind has."""
    form = ADDRESSES.get(target.kind)
    return bool(form and form.fullmatch(target.address))


def add_dial(
    response: VoiceResponse, step: Ring, targets: Sequence[Target], base: str, caller_id: str | None
) -> None:
    """Ring these targets at once, every phone reporting on itself; whatever comes of it, go on to `then`."""
    recorded = {
        "record": "record-from-answer-dual",
        "recording_status_callback": base + urls.recording_url("call"),
        "recording_status_callback_event": RECORDING_EVENTS,
    }
    dial = response.dial(
        action=base + urls.position_url(step.then),
        timeout=step.seconds,
        answer_on_bridge=True,
        caller_id=caller_id,
        **(recorded if step.record else {}),
    )
    for target in targets[:MOST_AT_ONCE]:
        _add(dial, target, step.then, base)


def _add(dial: Dial, target: Target, place: Position, base: str) -> None:
    step = place.step - 1  # of the document that rings; `place` is where the caller is next
    screen = urls.screen_url(step, target.agent, place.language)
    report = {
        "status_callback": base + urls.leg_url(step, target.agent, screened=target.screen),
        "status_callback_event": EVENTS,
        "url": base + screen if target.screen else None,
    }
    if target.kind == "softphone":
        dial.client(target.address, **report)
    elif target.kind == "sip":
        dial.sip(target.address, **report)
    else:
        dial.number(target.address, **report)


def static_fallback(numbers: Iterable[str]) -> str:
    """The document to be held by the carrier for when the app is down: it calls no URL of ours."""
    response = _ring_all(numbers)
    response.record(max_length=LONGEST_MESSAGE, play_beep=True)
    return str(response.to_xml())


def last_resort(numbers: Iterable[str], base_url: str) -> str:
    """The document for a caller whose turn we could not work out: it needs only the operators' numbers."""
    after = base_url.rstrip("/") + urls.position_url(Position(NodeKind.VOICEMAIL, step=LAST_STEP))
    response = _ring_all(numbers)
    response.record(
        action=after,
        max_length=LONGEST_MESSAGE,
        finish_on_key="#",
        play_beep=True,
        recording_status_callback=base_url.rstrip("/") + urls.recording_url("voicemail"),
        recording_status_callback_event=RECORDING_EVENTS,
    )
    return str(response.to_xml())


def _ring_all(numbers: Iterable[str]) -> VoiceResponse:
    response = VoiceResponse()
    response.say(NOTICE, language="en-US")
    dial = response.dial(timeout=LAST_RESORT_RING, answer_on_bridge=True)
    for number in [*numbers][:MOST_AT_ONCE]:
        if E164.fullmatch(number):
            dial.number(number)
        elif SIP.fullmatch(number):
            dial.sip(number)
    response.say(AFTERWARDS, language="en-US")
    return response
