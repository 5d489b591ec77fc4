"""The Dial verb: whom to ring."""

import re
from collections.abc import Sequence

from twilio.twiml.voice_response import Dial, VoiceResponse

from callcrm.carrier import urls
from callcrm.config import E164, SIP
from callcrm.ivr.steps import Position, Ring, Target

IDENTITY = re.compile(r"[A-Za-z0-9_]{1,121}")
EMERGENCY = re.compile(r"[0-9]{2,6}")
ADDRESSES = {"phone": E164, "sip": SIP, "softphone": IDENTITY, "emergency": EMERGENCY}
MAX_TARGETS = 10  # the carrier rings no more of a Dial at once
LEG_EVENTS = "initiated ringing answered completed"
RECORDING_EVENTS = "in-progress completed absent"


def is_dialable(target: Target) -> bool:
    """Whether a target is a number, address or identity of the form its kind has."""
    pattern = ADDRESSES.get(target.kind)
    return bool(pattern and pattern.fullmatch(target.address))


def add_dial(
    response: VoiceResponse,
    step: Ring,
    targets: Sequence[Target],
    base: str,
    caller_id: str | None,
    seconds: int,
) -> None:
    """Ring these targets at once; the first to answer is connected, for so many seconds at most, and the
    action is the step's `then`. A call to an emergency number has no limit.

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
        time_limit=None if any(target.kind == "emergency" for target in targets) else seconds,
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
