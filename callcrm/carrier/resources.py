"""What the carrier's REST API tells of calls and recordings, in our own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from callcrm.base.text import clean
from callcrm.carrier.events import DIRECTIONS, RECORDING_STATUSES, STATUSES

LONGEST_SID = 64
LONGEST_ADDRESS = 255


@dataclass(frozen=True, slots=True)
class CarrierCall:
    """One leg as the carrier lists it, `said` in its own words. `status` is None where we do not know its."""

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
    """A number of the account, and the URLs the carrier was given for it; an empty one is not set."""

    number: str
    voice_url: str
    voice_method: str
    fallback_url: str
    status_url: str


def parse_call(said: Mapping[str, Any]) -> CarrierCall | None:
    """A call of the carrier's, or None if what it said is none."""
    sid = _sid(said.get("sid"))
    if sid is None:
        return None
    return CarrierCall(
        sid=sid,
        parent=_sid(said.get("parent_call_sid")),
        status=STATUSES.get(str(said.get("status"))),
        direction=DIRECTIONS.get(str(said.get("direction"))),
        from_=_address(said.get("from")),
        to=_address(said.get("to")),
        started_at=_moment(said.get("start_time")),
        ended_at=_moment(said.get("end_time")),
        seconds=_count(said.get("duration")),
        created_at=_moment(said.get("date_created")),
        payload=_verbatim(said),
    )


def parse_recording(said: Mapping[str, Any]) -> CarrierRecording | None:
    """A recording of the carrier's, or None if what it said is none."""
    sid, call_sid = _sid(said.get("sid")), _sid(said.get("call_sid"))
    if sid is None or call_sid is None:
        return None
    return CarrierRecording(
        sid=sid,
        call_sid=call_sid,
        status=RECORDING_STATUSES.get(str(said.get("status")), "other"),
        voicemail=said.get("source") == "RecordVerb",
        seconds=_count(said.get("duration")),
        channels=_count(said.get("channels")),
        created_at=_moment(said.get("date_created")),
        payload=_verbatim(said),
    )


def parse_number(said: Mapping[str, Any]) -> CarrierNumber:
    """A number of the account."""
    return CarrierNumber(
        number=str(said.get("phone_number") or ""),
        voice_url=str(said.get("voice_url") or ""),
        voice_method=str(said.get("voice_method") or ""),
        fallback_url=str(said.get("voice_fallback_url") or ""),
        status_url=str(said.get("status_callback") or ""),
    )


def _verbatim(said: Mapping[str, Any]) -> dict[str, Any]:
    """The plain values as the ledger keeps them; only what no store could hold is dropped."""
    plain = {clean(name): value for name, value in said.items() if isinstance(value, str | int | float)}
    return {name: clean(value) if isinstance(value, str) else value for name, value in plain.items()}


def _sid(value: object) -> str | None:
    fits = (
        isinstance(value, str) and value.isascii() and value.isprintable() and 0 < len(value) <= LONGEST_SID
    )
    return str(value) if fits else None


def _address(value: object) -> str | None:
    return clean(value)[:LONGEST_ADDRESS] or None if isinstance(value, str) else None


def _moment(value: object) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(value))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _count(value: object) -> int | None:
    """A whole number, sent as text; the carrier's -1 stands for not known yet."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
