"""The Dial verb: whom to ring, and the documents that ring the operators when nothing else works."""

import re
from collections.abc import Iterable, Sequence

from twilio.twiml.voice_response import Dial, VoiceResponse

from callcrm.carrier import urls
from callcrm.config import E164, SIP
from callcrm.ivr.steps import NodeKind, Position, Ring, Target

IDENTITY = re.compile(r"[A-Za-z0-9_]{1,121}")
ADDRESSES = {"phone": E164, "sip": SIP, "softphone": IDENTITY}
MAX_TARGETS = 10  # the carrier rings no more of a Dial at once
LEG_EVENTS = "initiated ringing answered completed"
RECORDING_EVENTS = "in-progress completed absent"
LAST_RESORT_RING_SECONDS = 25
MAX_MESSAGE_SECONDS = 180
LAST_STEP = 9_000_000  # of what follows a last resort, so that it sorts after all else of the call

NOTICE = "Please hold the line. We are connecting you."
# Without an action the document runs on after an answered Dial too: the text must fit both cases.
AFTER_DIAL = "If you have not spoken to anyone, please leave your name and number after the tone."


def is_dialable(target: Target) -> bool:
    """Whether a target is a number, address or identity of the form its kind has."""
    pattern = ADDRESSES.get(target.kind)
    return bool(pattern and pattern.fullmatch(target.address))


def add_dial(
    response: VoiceResponse, step: Ring, targets: Sequence[Target], base: str, caller_id: str | None
) -> None:
    """Ring these targets at once; the first to answer is connected, and the action is the step's `then`.

    Status callbacks belong on the nouns (Number, Client, Sip): on the Dial itself they are ignored.
    """
    recording = {
        "record": "record-from-answer-dual",  # two channels: the caller is the first, the agent the second
        "recording_status_callback": base + urls.recording_url("call"),
        "recording_status_callback_event": RECORDING_EVENTS,
    }
    dial = response.dial(
        action=base + urls.position_url(step.then),
        timeout=step.seconds,
        answer_on_bridge=True,  # the caller hears ringing, and is answered only by a human
        caller_id=caller_id,
        **(recording if step.record else {}),
    )
    for target in targets[:MAX_TARGETS]:
        _add_target(dial, target, step.then, base)


def _add_target(dial: Dial, target: Target, then: Position, base: str) -> None:
    step = then.step - 1  # of the document that rings; `then` is one step on
    whisper = urls.screen_url(step, target.agent, then.language)
    attributes = {
        "status_callback": base + urls.leg_url(step, target.agent, screened=target.screen),
        "status_callback_event": LEG_EVENTS,
        "url": base + whisper if target.screen else None,
    }
    if target.kind == "softphone":
        dial.client(target.address, **attributes)
    elif target.kind == "sip":
        dial.sip(target.address, **attributes)
    else:
        dial.number(target.address, **attributes)


def static_fallback(numbers: Iterable[str]) -> str:
    """The document the carrier keeps for when the app is down (a TwiML Bin): it names no URL of ours."""
    response = _ring_all(numbers)
    response.record(max_length=MAX_MESSAGE_SECONDS, play_beep=True)
    return str(response.to_xml())


def last_resort(numbers: Iterable[str], base_url: str) -> str:
    """The document for a caller whose request we could not work out: it needs only the operators' numbers."""
    action = base_url.rstrip("/") + urls.position_url(Position(NodeKind.VOICEMAIL, step=LAST_STEP))
    response = _ring_all(numbers)
    response.record(
        action=action,
        max_length=MAX_MESSAGE_SECONDS,
        finish_on_key="#",
        play_beep=True,
        recording_status_callback=base_url.rstrip("/") + urls.recording_url("voicemail"),
        recording_status_callback_event=RECORDING_EVENTS,
    )
    return str(response.to_xml())


def _ring_all(numbers: Iterable[str]) -> VoiceResponse:
    response = VoiceResponse()
    response.say(NOTICE, language="en-US")
    dial = response.dial(timeout=LAST_RESORT_RING_SECONDS, answer_on_bridge=True)
    for number in [*numbers][:MAX_TARGETS]:
        if E164.fullmatch(number):
            dial.number(number)
        elif SIP.fullmatch(number):
            dial.sip(number)
    response.say(AFTER_DIAL, language="en-US")
    return response
