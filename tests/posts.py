"""Requests of the carrier, as fields for a client or, signed, as bytes for a socket."""

from urllib.parse import urlencode

from callcrm.simulator.wire.signature import sign
from tests.running import ACCOUNT, LINE, TOKEN


def inbound(sid: str, caller: str = "+12025550134", **more: str) -> dict[str, str]:
    """The fields of an inbound call's first request, with the empty ones that the carrier sends too."""
    geography = {
        f"{party}{part}": ""
        for party in ("From", "To", "Caller", "Called")
        for part in ("City", "State", "Zip", "Country")
    }
    base = {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "CallSid": sid,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "From": caller,
        "To": LINE,
        "Caller": caller,
        "Called": LINE,
    }
    return {**geography, **base, **more}


def completed(sid: str, seconds: int = 30, **more: str) -> dict[str, str]:
    """The fields of a number's status callback at the end of a call."""
    times = {"CallDuration": str(seconds), "Duration": "1", "Timestamp": "Mon, 02 Mar 2026 12:00:50 +0000"}
    status = {"CallStatus": "completed", "CallbackSource": "call-progress-events", "SequenceNumber": "0"}
    return {**inbound(sid), **status, **times, **more}


def request_bytes(base_url: str, path: str, fields: dict[str, str], token: str = TOKEN) -> bytes:
    """A signed request as bytes, for a keep-alive connection."""
    body = urlencode(fields).encode()
    signature = sign(token, base_url + path, fields.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {base_url.removeprefix('http://')}\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nUser-Agent: TwilioProxy/1.1\r\n"
        f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
