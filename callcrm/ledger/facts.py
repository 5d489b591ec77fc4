"""A carrier's event in our own words: what the fold reads.

`carrier/` makes facts from forms; the ledger keeps them beside the form as JSON without the empty
fields, so that folding a call parses nothing twice.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

REQUEST = "request"  # a caller listens: the carrier asks what to do next
STATUS = "status"  # a leg changed
RECORDING = "recording"  # a recording changed
PLACED = "placed"  # we asked the carrier to ring somebody


@dataclass(frozen=True, slots=True)
class Facts:
    """What one event says. Seconds are whole, times UTC, statuses in our words.

    Statuses: initiated, ringing, in_progress, completed, busy, no_answer, failed, canceled.
    """

    kind: str
    leg: str  # the leg it speaks of
    parent: str | None = None  # the leg that leg hangs on
    at: datetime | None = None  # the carrier's time
    received_at: datetime | None = None  # ours; used only where the carrier has none
    step: int | None = None  # which document of ours caused it
    sequence: int | None = None
    status: str | None = None
    seconds: int | None = None  # of the leg, the recording or the dialled leg
    direction: str | None = None  # inbound | outbound | dialled
    from_: str | None = None
    to: str | None = None
    agent: str | None = None  # whose phone the leg rings
    target: str | None = None  # what was rung
    screened: bool | None = None  # whoever answers must press 1
    screening: bool | None = None  # whoever answered was asked to press 1
    accepted: bool | None = None  # ... and did
    hung_up: bool | None = None  # the caller has hung up, says a request of their leg
    dialled_leg: str | None = None  # the leg a finished Ring rang
    bridged: bool | None = None  # ... and whether people spoke
    queue_seconds: int | None = None
    queue_result: str | None = None
    recording: str | None = None
    recording_kind: str | None = None
    recording_status: str | None = None  # in_progress | completed | absent | failed
    channels: int | None = None
    # what we decided (ivr.steps.Decision), on requests
    destination: str | None = None
    node: str | None = None
    keys: str | None = None
    queue: str | None = None
    language: str | None = None
    announced: bool | None = None
    promise: str | None = None
    call_back: str | None = None
    state: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The facts as JSON, empty fields left out."""
        told = zip(FIELD_NAMES, _VALUES(self), strict=True)
        found: dict[str, Any] = {name: value for name, value in told if value is not None}
        for name in TIME_FIELDS & found.keys():
            found[name] = found[name].isoformat()
        return found


FIELD_NAMES = tuple(field.name for field in fields(Facts))
TIME_FIELDS = frozenset({"at", "received_at"})
_VALUES = attrgetter(*FIELD_NAMES)


def facts_from_json(stored: dict[str, Any]) -> Facts:
    """Facts from their stored form; unknown fields of an older or newer version are left out."""
    known = {name: value for name, value in stored.items() if name in FIELD_NAMES}
    for name in TIME_FIELDS & known.keys():
        known[name] = datetime.fromisoformat(known[name]).astimezone(UTC)
    return Facts(**known)
