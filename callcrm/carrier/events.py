"""From a webhook's form to an event in our own words. The carrier's field names end here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from callcrm.carrier.form import Form
from callcrm.ivr.steps import (
    CallArrived,
    FlowEvent,
    KeysPressed,
    MessageRecorded,
    NodeKind,
    NoInput,
    Position,
    QueueLeft,
    QueueTurn,
    RingEnded,
)
from callcrm.ledger.event_store import Event, event_key, signed_key
from callcrm.ledger.facts import RECORDING, REQUEST, STATUS, Facts

# The carrier's word on the left; a leg's "answered" event arrives with the status "in-progress".
STATUSES = {
    "queued": "initiated",
    "initiated": "initiated",
    "ringing": "ringing",
    "in-progress": "in_progress",
    "answered": "in_progress",
    "completed": "completed",
    "busy": "busy",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": "canceled",
}
DIRECTIONS = {"inbound": "inbound", "outbound-api": "outbound", "outbound-dial": "dialled"}
RECORDING_STATUSES = {
    "in-progress": "in_progress",
    "completed": "completed",
    "absent": "absent",
    "failed": "failed",
}
# Why an Enqueue ended; whatever is not here (error, system-error) is an error.
QUEUE_RESULTS = {
    "leave": "leave",
    "queue-full": "full",
    "hangup": "hangup",
    "bridged": "connected",
    "redirected": "connected",
    "redirected-from-bridged": "connected",
}
MAX_INTEGER = 14 * 24 * 3600  # seconds; no call lasts longer, and no other number is that large
MAX_SID = 64
MAX_DIGITS = 8
MAX_STATUS = 24
MAX_ADDRESS = 255


class Malformed(Exception):
    """A callback that says nothing usable; the text names the field."""


def sid_field(form: Form, name: str) -> str | None:
    """An opaque id of 1 to 64 printable ASCII characters, None if absent or unusable.

    Twilio's are two letters and 32 hex digits, those of compatible carriers UUIDs or longer.
    """
    value = form.raw(name)
    usable = value and len(value) <= MAX_SID and value.isascii() and value.isprintable() and " " not in value
    return value if usable else None


def integer_field(form: Form, name: str) -> int | None:
    """A whole number (seconds, a sequence, a count), None if absent or nonsense."""
    value = form.get(name)
    if value is None or not value.isascii() or not value.isdigit() or len(value) > MAX_DIGITS:
        return None
    return int(value) if int(value) <= MAX_INTEGER else None


def time_field(form: Form, name: str = "Timestamp") -> datetime | None:
    """The carrier's time (RFC 2822, some compatible carriers ISO 8601), None if absent or nonsense."""
    value = form.get(name)
    if value is None:
        return None
    try:
        time = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            return None
    try:
        return time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class FlowRequest:
    """A request for the next document of a call: its event without our decision, position, what happened."""

    event: Event
    path: str
    position: Position
    flow_event: FlowEvent
    caller: str | None
    hung_up: bool


def _event(kind: str, path: str, form: Form, facts: Facts, sid: str, now: datetime) -> Event:
    account = form.get("AccountSid", MAX_SID) or ""
    return Event(
        key=signed_key(path, form.signed_text),
        former_key=event_key(account, kind, path, form.pairs()),
        account=account,
        root_sid=facts.parent or facts.leg,
        sid=sid,
        kind=kind,
        received_at=now,
        data=form.legal_fields(),
        facts=facts,
    )


def _hung_up(form: Form) -> bool:
    """Whether the call is over: the carrier requests a Dial's, Record's or Enqueue's action even then."""
    return form.get("CallStatus") in ("completed", "failed", "canceled", "busy", "no-answer")


def parse_flow_request(
    kind: str, path: str, position: Position, form: Form, now: datetime
) -> FlowRequest | None:
    """The request for a document that a form is; None if it names no usable call, or a field twice."""
    leg = sid_field(form, "CallSid")
    if leg is None or form.repeated:
        return None
    parent = sid_field(form, "ParentCallSid")
    facts = Facts(
        kind=REQUEST,
        leg=leg,
        parent=parent if parent != leg else None,
        # no `at`: of all requests only callbacks carry the carrier's Timestamp
        received_at=now,
        step=position.step,
        direction=DIRECTIONS.get(form.get("Direction") or ""),
        from_=form.get_allowing_blank("From", MAX_ADDRESS),
        to=form.get("To", MAX_ADDRESS),
        hung_up=_hung_up(form) or None,
        **_dial_facts(form),
        queue_seconds=integer_field(form, "QueueTime"),
        queue_result=_queue_result(form) if "QueueResult" in form else None,
        **_message_facts(form),
    )
    event = _event(kind, path, form, facts, leg, now)
    return FlowRequest(event, path, position, _flow_event(position, form), form.get("From"), _hung_up(form))


def _dial_facts(form: Form) -> dict[str, Any]:
    """What a Dial's action says of the leg that was rung last."""
    if "DialCallStatus" not in form:
        return {}
    status = form.get("DialCallStatus")
    bridged = {"true": True, "false": False}.get(form.get("DialBridged") or "")
    return {
        "dialled_leg": sid_field(form, "DialCallSid"),
        # a conference reports "answered" where a leg reports "completed"
        "status": "completed" if status == "answered" else STATUSES.get(status or ""),
        "seconds": integer_field(form, "DialCallDuration"),
        "bridged": bridged,
    }


def _message_facts(form: Form) -> dict[str, Any]:
    """What a Record's action says; a Dial's has the same fields for the recording of the call."""
    recording = sid_field(form, "RecordingSid")
    if recording is None or "DialCallStatus" in form:
        return {}
    return {
        "recording": recording,
        "recording_kind": "voicemail",
        # before trimming; the recording's own callback has the length that holds
        "seconds": integer_field(form, "RecordingDuration"),
    }


def _queue_result(form: Form) -> str:
    return QUEUE_RESULTS.get(form.get("QueueResult") or "", "error")


def _flow_event(position: Position, form: Form) -> FlowEvent:
    """What happened, told by which fields are there: a request does not name the verb it comes from."""
    if position.kind == NodeKind.START:
        return CallArrived(form.get("To"))
    if "DialCallStatus" in form:
        completed = form.get("DialCallStatus") in ("completed", "answered")
        return RingEnded(answered=completed and form.get("DialBridged") != "false")
    if "QueueResult" in form:
        return QueueLeft(_queue_result(form))
    if "RecordingDuration" in form or "RecordingUrl" in form:
        key = form.get("Digits") or ""
        # where the caller ended the message by hanging up, Digits is "hangup"
        return MessageRecorded(integer_field(form, "RecordingDuration") or 0, "" if key == "hangup" else key)
    if "Digits" in form:
        return KeysPressed(form.get("Digits") or "")
    if "SpeechResult" in form:
        return KeysPressed("?")
    if position.kind == NodeKind.WAIT:
        queue_position, waited = integer_field(form, "QueuePosition"), integer_field(form, "QueueTime")
        return QueueTurn(position=queue_position, waited=waited)
    return NoInput()


def parse_leg_status(path: str, query: Mapping[str, str], form: Form, now: datetime) -> Event:
    """A change of a leg or a whole call; Malformed without a usable SID or status."""
    leg, status = sid_field(form, "CallSid"), STATUSES.get(form.raw("CallStatus") or "")
    refuse_repeated(form)
    if leg is None:
        raise Malformed("CallSid is missing or malformed")
    if status is None:
        raise Malformed("CallStatus is missing or unknown")
    parent = sid_field(form, "ParentCallSid")
    if parent is None and form.raw("ParentCallSid"):
        raise Malformed("ParentCallSid is malformed")
    facts = Facts(
        kind=STATUS,
        leg=leg,
        parent=parent if parent != leg else None,
        at=time_field(form),
        received_at=now,
        step=_number(query.get("step")),
        sequence=integer_field(form, "SequenceNumber"),
        status=status,
        seconds=integer_field(form, "CallDuration"),  # `Duration` beside it is billed minutes
        direction=DIRECTIONS.get(form.get("Direction") or ""),
        from_=form.get_allowing_blank("From", MAX_ADDRESS),
        to=form.get("To", MAX_ADDRESS),
        agent=query.get("agent") or None,
        target=form.get("To", MAX_ADDRESS) if parent else None,
        screened=True if query.get("screen") else None,
        answered_by=_answered_by(form),
    )
    return _event("leg" if parent else "status", path, form, facts, leg, now)


def _answered_by(form: Form) -> str | None:
    """Who answered, by the carrier's detection: human, or machine (machine_start, fax, …)."""
    value = form.get("AnsweredBy") or ""
    if value.startswith(("machine", "fax")):
        return "machine"
    return "human" if value == "human" else None


def parse_recording_status(path: str, query: Mapping[str, str], form: Form, now: datetime) -> Event:
    """A change of a recording; Malformed without usable SIDs."""
    leg, recording = sid_field(form, "CallSid"), sid_field(form, "RecordingSid")
    refuse_repeated(form)
    if leg is None or recording is None:
        raise Malformed("CallSid or RecordingSid is missing or malformed")
    is_voicemail = query.get("kind") == "voicemail" or form.get("RecordingSource") == "RecordVerb"
    # documented are in-progress, completed, absent and, on another page, failed: an unknown one is kept
    status = form.get("RecordingStatus") or "completed"
    facts = Facts(
        kind=RECORDING,
        leg=leg,
        at=time_field(form, "RecordingStartTime"),
        received_at=now,
        seconds=integer_field(form, "RecordingDuration"),
        recording=recording,
        recording_kind="voicemail" if is_voicemail else "call",
        recording_status=RECORDING_STATUSES.get(status, status[:MAX_STATUS]),
        channels=integer_field(form, "RecordingChannels"),
    )
    return _event("recording", path, form, facts, recording, now)


def parse_screening(path: str, query: Mapping[str, str], form: Form, now: datetime) -> FlowRequest | None:
    """A request of a leg's whisper, where who answered is to press 1; None if it names no usable leg."""
    step = _number(query.get("step")) or 0
    position = Position(kind=NodeKind.DONE, step=step, language=query.get("language", "en"))
    request = parse_flow_request("screen", path, position, form, now)
    if request is None:
        return None
    facts = replace(
        request.event.facts,
        screening=True,
        accepted=True if form.get("Digits") == "1" else None,
        agent=query.get("agent") or None,
        hung_up=None,  # whoever hangs up here is the agent, not the caller
    )
    return replace(request, event=replace(request.event, facts=facts))


def refuse_repeated(form: Form) -> None:
    """Malformed for a callback no carrier sends: a field twice."""
    if form.repeated:
        raise Malformed("a field is there twice")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < MAX_DIGITS else None
