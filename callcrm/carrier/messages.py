"""SMS and WhatsApp: a webhook's form as an incoming message, or as the status of one of ours."""

from dataclasses import dataclass

from callcrm.carrier.events import MAX_ADDRESS, Malformed, refuse_repeated, sid_field
from callcrm.carrier.form import Form

MAX_ERROR = 64
MAX_BODY = 20_000  # WhatsApp takes 4096, SMS 1600; more is no message
WHATSAPP = "whatsapp:"
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
class IncomingMessage:
    """A message somebody sent us."""

    sid: str
    channel: str
    from_raw: str
    to_raw: str
    body: str


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


def parse_message(form: Form) -> IncomingMessage:
    """The incoming message in a form; Malformed without a usable SID and sender."""
    refuse_repeated(form)
    if "From" not in form:
        raise Malformed("From is missing")
    from_raw = _address(form, "From")
    body = form.get_allowing_blank("Body", MAX_BODY) or ""
    return IncomingMessage(_sid(form), _channel(from_raw), from_raw, _address(form, "To"), body)


def parse_message_status(form: Form) -> MessageStatus:
    """The status in a form; Malformed without a usable SID and a status we know."""
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
    )


def _sid(form: Form) -> str:
    sid = sid_field(form, "MessageSid") or sid_field(form, "SmsSid")
    if sid is None:
        raise Malformed("MessageSid is missing or malformed")
    return sid


def _address(form: Form, name: str) -> str:
    return form.get(name, MAX_ADDRESS) or ""


def _channel(address: str) -> str:
    return "whatsapp" if address.lower().startswith(WHATSAPP) else "sms"
