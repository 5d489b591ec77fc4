"""What the carrier's REST API lists of calls, recordings and numbers, in our own words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from callcrm.base.text import clean
from callcrm.carrier.events import DIRECTIONS, RECORDING_STATUSES, STATUSES

MAX_SID = 64
MAX_ADDRESS = 255
MAX_DIGITS = 9
MICROS = 1_000_000
PRICE = re.compile(r"-?([0-9]{1,6}(?:\.[0-9]{1,12})?)")  # a charge is a negative number, as text


@dataclass(frozen=True, slots=True)
class CarrierCall:
    """One leg as the carrier lists it. `status` is None where it has one we do not know."""

    sid: str
    parent: str | None
    status: str | None
    direction: str | None
    from_: str | None
    to: str | None
    started_at: datetime | None
    ended_at: datetime | None
    seconds: int | None
    created_at: datetime | None
    payload: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def price(self) -> int | None:
        """What the leg cost in millionths of the account's currency; None until the carrier has said so."""
        price = PRICE.fullmatch(str(self.payload.get("price")))
        return int(Decimal(price[1]) * MICROS) if price else None


@dataclass(frozen=True, slots=True)
class CarrierRecording:
    """One recording as the carrier lists it."""

    sid: str
    call_sid: str
    status: str
    voicemail: bool
    seconds: int | None
    channels: int | None
    created_at: datetime | None
    payload: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class CarrierNumber:
    """A number of the account, and the URLs configured for it; an empty one is not set."""

    number: str
    voice_url: str
    voice_method: str
    fallback_url: str
    status_url: str


def parse_call(payload: Mapping[str, Any]) -> CarrierCall | None:
    """A Call resource, or None if the payload is none."""
    sid = _sid(payload.get("sid"))
    if sid is None:
        return None
    return CarrierCall(
        sid=sid,
        parent=_sid(payload.get("parent_call_sid")),
        status=STATUSES.get(str(payload.get("status"))),
        direction=DIRECTIONS.get(str(payload.get("direction"))),
        from_=_address(payload.get("from")),
        to=_address(payload.get("to")),
        started_at=_time(payload.get("start_time")),
        ended_at=_time(payload.get("end_time")),
        seconds=_integer(payload.get("duration")),
        created_at=_time(payload.get("date_created")),
        payload=_verbatim(payload),
    )


def parse_recording(payload: Mapping[str, Any]) -> CarrierRecording | None:
    """A Recording resource, or None if the payload is none."""
    sid, call_sid = _sid(payload.get("sid")), _sid(payload.get("call_sid"))
    if sid is None or call_sid is None:
        return None
    return CarrierRecording(
        sid=sid,
        call_sid=call_sid,
        status=RECORDING_STATUSES.get(str(payload.get("status")), "other"),
        voicemail=payload.get("source") == "RecordVerb",
        seconds=_integer(payload.get("duration")),
        channels=_integer(payload.get("channels")),
        created_at=_time(payload.get("date_created")),
        payload=_verbatim(payload),
    )


def parse_number(payload: Mapping[str, Any]) -> CarrierNumber:
    """An IncomingPhoneNumber resource."""
    return CarrierNumber(
        number=str(payload.get("phone_number") or ""),
        voice_url=str(payload.get("voice_url") or ""),
        voice_method=str(payload.get("voice_method") or ""),
        fallback_url=str(payload.get("voice_fallback_url") or ""),
        status_url=str(payload.get("status_callback") or ""),
    )


def _verbatim(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The plain values as the ledger keeps them; only what no store could hold is dropped."""
    plain = {clean(name): value for name, value in payload.items() if isinstance(value, str | int | float)}
    return {name: clean(value) if isinstance(value, str) else value for name, value in plain.items()}


def _sid(value: object) -> str | None:
    fits = isinstance(value, str) and value.isascii() and value.isprintable() and 0 < len(value) <= MAX_SID
    return str(value) if fits else None


def _address(value: object) -> str | None:
    return clean(value[:MAX_ADDRESS]) or None if isinstance(value, str) else None


def _time(value: object) -> datetime | None:
    """A time as the API writes it: RFC 2822, always UTC."""
    try:
        time = parsedate_to_datetime(str(value))
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _integer(value: object) -> int | None:
    """A whole number, which the API sends as text; its -1 stands for not known yet."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None
