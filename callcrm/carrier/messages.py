"""SMS and WhatsApp: a webhook's form as an incoming message, or as the status of one of ours."""

import re
from dataclasses import dataclass
from typing import Any

from callcrm.carrier.events import MAX_ADDRESS, Malformed, refuse_repeated, sid_field
from callcrm.carrier.form import Form
from callcrm.ledger.event_store import signed_key

MAX_ERROR = 64
MAX_BODY = 20_000  # WhatsApp takes 4096, SMS 1600; more is no message
WHATSAPP = "whatsapp:"
REFERRAL = "Referral"  # how the fields of an advertisement begin that led to the message
MAX_TEXT, MAX_URL, MAX_KIND = 1000, 2000, 128
MAX_MEDIA = 32  # the carrier sends ten at most
DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,20})?", re.ASCII)
# Status callbacks have neither Timestamp nor SequenceNumber and come in any order: the highest rank holds.
STATUS_RANKS = {
    "received": 0,
    "accepted": 1,
    "scheduled": 2,
    "queued": 3,
    "sending": 4,
    "sent": 5,
    "partially_delivered": 6,
    "delivered": 7,
    "read": 8,
    "canceled": 9,
    "undelivered": 10,
    "failed": 11,
}


@dataclass(frozen=True, slots=True)
class MessageForm:
    """A form about a message as it is kept; of `key` there is one, however often it comes."""

    key: str
    kind: str
    data: dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message somebody sent us."""

    sid: str
    channel: str
    from_raw: str
    to_raw: str
    body: str
    details: dict[str, Any]
    media: tuple[tuple[str, str | None], ...]  # the address of each file, and what it is said to be
    form: MessageForm


@dataclass(frozen=True, slots=True)
class MessageStatus:
    """How far a message of ours has come. `status_rank` orders statuses; `error` is the carrier's code."""

    sid: str
    channel: str
    from_raw: str
    to_raw: str
    status: str
    status_rank: int
    error: str | None
    form: MessageForm


def parse_message(form: Form, target: str = "") -> IncomingMessage:
    """The incoming message in a form sent to `target` (path and query); Malformed without a usable SID and
    sender.
    """
    refuse_repeated(form)
    if "From" not in form:
        raise Malformed("From is missing")
    from_raw = _address(form, "From")
    body = form.get_allowing_blank("Body", MAX_BODY) or ""
    return IncomingMessage(
        sid=_sid(form),
        channel=_channel(from_raw),
        from_raw=from_raw,
        to_raw=_address(form, "To"),
        body=body,
        details=_details(form),
        media=_media(form),
        form=_form(form, target, "message"),
    )


def parse_message_status(form: Form, target: str = "") -> MessageStatus:
    """The status in a form sent to `target`; Malformed without a usable SID and a status we know."""
    refuse_repeated(form)
    status = form.raw("MessageStatus") or form.raw("SmsStatus") or ""
    if status not in STATUS_RANKS:
        raise Malformed("MessageStatus is missing or unknown")
    to_raw, error = _address(form, "To"), form.get("ErrorCode", MAX_ERROR)
    return MessageStatus(
        sid=_sid(form),
        channel=_channel(to_raw),
        from_raw=_address(form, "From"),
        to_raw=to_raw,
        status=status,
        status_rank=STATUS_RANKS[status],
        error=error if error and error != "0" else None,  # "0" stands for none
        form=_form(form, target, "message_status"),
    )


def _form(form: Form, target: str, kind: str) -> MessageForm:
    return MessageForm(signed_key(target, form.signed_text), kind, form.legal_fields())


def _details(form: Form) -> dict[str, Any]:
    """What came beside the text, each where there is one."""
    button = {"text": _text(form, "ButtonText"), "payload": _text(form, "ButtonPayload")}
    referral = {
        _snake(name.removeprefix(REFERRAL)): _text(form, name) for name in form if name.startswith(REFERRAL)
    }
    details = {
        "location": _location(form),
        "button": button if any(button.values()) else None,
        "profile_name": _text(form, "ProfileName"),
        "referral": {name: value for name, value in referral.items() if value} or None,
    }
    return {name: value for name, value in details.items() if value is not None}


def _text(form: Form, name: str) -> str | None:
    return form.get(name, MAX_TEXT)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()[:MAX_ERROR]


def _location(form: Form) -> dict[str, Any] | None:
    """A place on earth; None where the coordinates are none."""
    latitude, longitude = (_degrees(form, *limits) for limits in (("Latitude", 90.0), ("Longitude", 180.0)))
    if latitude is None or longitude is None:
        return None
    place = {"label": _text(form, "Label"), "address": _text(form, "Address")}
    return {"latitude": latitude, "longitude": longitude, **place}


def _degrees(form: Form, name: str, most: float) -> float | None:
    text = form.get(name) or ""
    return float(text) if DEGREES.fullmatch(text) and abs(float(text)) <= most else None


def _media(form: Form) -> tuple[tuple[str, str | None], ...]:
    """The files that came along, by their numbers; the fields tell how many, not NumMedia."""
    files = (
        (form.get(f"MediaUrl{number}", MAX_URL), form.get(f"MediaContentType{number}", MAX_KIND))
        for number in range(MAX_MEDIA)
    )
    return tuple((url, kind.lower() if kind else None) for url, kind in files if url)


def _sid(form: Form) -> str:
    sid = sid_field(form, "MessageSid") or sid_field(form, "SmsSid")
    if sid is None:
        raise Malformed("MessageSid is missing or malformed")
    return sid


def _address(form: Form, name: str) -> str:
    return form.get(name, MAX_ADDRESS) or ""


def _channel(address: str) -> str:
    return "whatsapp" if address.lower().startswith(WHATSAPP) else "sms"
