"""From a webhook's form to an event in our own words. The carrier's field names end here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from callcrm.carrier.form import Form
from callcrm.ivr.steps import (
    CallArrived,
    Input,
    KeysPressed,
    MessageRecorded,
    NodeKind,
    NoInput,
    Position,
    QueueLeft,
    QueueTurn,
    RingEnded,
)
from callcrm.ledger.event_store import Event, event_key
from callcrm.ledger.facts import RECORDING, REQUEST, STATUS, Facts

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
QUEUE_RESULTS = {
    "leave": "leave",
    "queue-full": "full",
    "hangup": "hangup",
    "bridged": "connected",
    "redirected": "connected",
    "redirected-from-bridged": "connected",
}
MAX_INTEGER = 14 * 24 * 3600  # no call lasts longer; a larger number is nonsense
MAX_SID = 64


class Malformed(Exception):
    """A callback that says nothing usable; the text names the field."""


def sid_field(form: Form, name: str) -> str | None:
    """An opaque id of 1 to 64 printable ASCII characters, None if absent or unusable."""
    value = form.get(name)
    usable = value and len(value) <= MAX_SID and value.isascii() and value.isprintable() and " " not in value
    return value if usable else None


def integer_field(form: Form, name: str) -> int | None:
    """A whole number of seconds, None if absent or nonsense."""
    value = form.get(name)
    if value is None or not value.isascii() or not value.isdigit() or len(value) > 8:
        return None
    return int(value) if int(value) <= MAX_INTEGER else None


def time_field(form: Form, name: str = "Timestamp") -> datetime | None:
    """The carrier's time (RFC 2822, some compatible carriers ISO 8601), None if absent or nonsense."""
    value = form.get(name)
    if value is None:
        return None
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            return None
    try:
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class FlowRequest:
    """A caller's turn: the event without our decision, where the caller is and what came in."""

    event: Event
    path: str
    position: Position
    input: Input
    caller: str | None
    hung_up: bool


def _event(kind: str, path: str, form: Form, facts: Facts, thing: str, now: datetime) -> Event:
    account = form.get("AccountSid") or ""
    return Event(
        key=event_key(account, kind, path, form.pairs()),
        account=account[:MAX_SID],
        root_sid=facts.parent or facts.leg,
        sid=thing,
        kind=kind,
        received_at=now,
        data=form.verbatim(),
        facts=facts,
    )


def _over(form: Form) -> bool:
    return form.get("CallStatus") in ("completed", "failed", "canceled", "busy", "no-answer")


def parse_flow_request(
    kind: str, path: str, place: Position, form: Form, now: datetime
) -> FlowRequest | None:
    """A call-flow request; None if it names no usable call."""
    leg = sid_field(form, "CallSid")
    if leg is None:
        return None
    parent = sid_field(form, "ParentCallSid")
    facts = Facts(
        kind=REQUEST,
        leg=leg,
        parent=parent if parent != leg else None,
        received_at=now,
        step=place.step,
        direction=DIRECTIONS.get(form.get("Direction") or ""),
        from_=form.get_allowing_blank("From"),
        to=form.get("To"),
        hung_up=_over(form) or None,
        **_ring_facts(form),
        queue_seconds=integer_field(form, "QueueTime"),
        queue_result=QUEUE_RESULTS.get(form.get("QueueResult") or "", "error")
        if "QueueResult" in form
        else None,
        **_message_facts(form),
    )
    event = _event(kind, path, form, facts, leg, now)
    return FlowRequest(event, path, place, _input(place, form), form.get("From"), _over(form))


def _ring_facts(form: Form) -> dict[str, Any]:
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
    recording = sid_field(form, "RecordingSid")
    if recording is None or "DialCallStatus" in form:
        return {}
    return {
        "recording": recording,
        "recording_kind": "voicemail",
        "seconds": integer_field(form, "RecordingDuration"),
    }


def _input(place: Position, form: Form) -> Input:
    if place.kind == NodeKind.START:
        return CallArrived(form.get("To"))
    if "DialCallStatus" in form:
        spoke = form.get("DialCallStatus") in ("completed", "answered") and form.get("DialBridged") != "false"
        return RingEnded(answered=spoke)
    if "QueueResult" in form:
        return QueueLeft(QUEUE_RESULTS.get(form.get("QueueResult") or "", "error"))
    if "RecordingDuration" in form or "RecordingUrl" in form:
        key = form.get("Digits") or ""
        return MessageRecorded(integer_field(form, "RecordingDuration") or 0, "" if key == "hangup" else key)
    if "Digits" in form:
        return KeysPressed(form.get("Digits") or "")
    if "SpeechResult" in form:
        return KeysPressed("?")
    if place.kind == NodeKind.WAIT:
        return QueueTurn(
            position=integer_field(form, "QueuePosition"), waited=integer_field(form, "QueueTime")
        )
    return NoInput()


def parse_leg_status(path: str, query: Mapping[str, str], form: Form, now: datetime) -> Event:
    """A change of a leg or a whole call; Malformed without a usable SID or status."""
    leg, status = sid_field(form, "CallSid"), STATUSES.get(form.get("CallStatus") or "")
    _refuse(form)
    if leg is None:
        raise Malformed("CallSid is missing or malformed")
    if status is None:
        raise Malformed("CallStatus is missing or unknown")
    parent = sid_field(form, "ParentCallSid")
    facts = Facts(
        kind=STATUS,
        leg=leg,
        parent=parent if parent != leg else None,
        at=time_field(form),
        received_at=now,
        step=_number(query.get("step")),
        sequence=integer_field(form, "SequenceNumber"),
        status=status,
        seconds=integer_field(form, "CallDuration"),
        direction=DIRECTIONS.get(form.get("Direction") or ""),
        from_=form.get_allowing_blank("From"),
        to=form.get("To"),
        agent=query.get("agent") or None,
        target=form.get("To") if parent else None,
        screened=True if query.get("screen") else None,
    )
    return _event("leg" if parent else "status", path, form, facts, leg, now)


def parse_recording_status(path: str, query: Mapping[str, str], form: Form, now: datetime) -> Event:
    """A change of a recording; Malformed without usable SIDs."""
    leg, thing = sid_field(form, "CallSid"), sid_field(form, "RecordingSid")
    _refuse(form)
    if leg is None or thing is None:
        raise Malformed("CallSid or RecordingSid is missing or malformed")
    from_voicemail = query.get("kind") == "voicemail" or form.get("RecordingSource") == "RecordVerb"
    status = form.get("RecordingStatus") or "completed"
    facts = Facts(
        kind=RECORDING,
        leg=leg,
        at=time_field(form, "RecordingStartTime"),
        received_at=now,
        seconds=integer_field(form, "RecordingDuration"),
        recording=thing,
        recording_kind="voicemail" if from_voicemail else "call",
        recording_status=RECORDING_STATUSES.get(status, status[:24]),
        channels=integer_field(form, "RecordingChannels"),
    )
    return _event("recording", path, form, facts, thing, now)


def parse_screening(path: str, query: Mapping[str, str], form: Form, now: datetime) -> FlowRequest | None:
    """What happened when we asked whoever picked up to press 1; None if it names no usable leg."""
    step = _number(query.get("step")) or 0
    place = Position(kind=NodeKind.DONE, step=step, language=query.get("language", "en"))
    found = parse_flow_request("screen", path, place, form, now)
    if found is None:
        return None
    facts = replace(
        found.event.facts,
        screening=True,
        accepted=True if form.get("Digits") == "1" else None,
        agent=query.get("agent") or None,
        hung_up=None,
    )
    return replace(found, event=replace(found.event, facts=facts))


def _refuse(form: Form) -> None:
    if form.broken:
        raise Malformed("a field is no UTF-8 text, or holds a NUL")
    if form.repeated:
        raise Malformed("a field is there twice")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else None
