"""A carrier's event in our own words: what the fold reads.

`carrier/` makes facts from forms; the ledger keeps them beside the form as JSON without the empty
fields, so that folding a call parses nothing twice.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

REQUEST = "request"  # the carrier requests the next document, and a caller listens
STATUS = "status"  # a leg's status callback
RECORDING = "recording"  # a recording's status callback
PLACED = "placed"  # we had the carrier place a call


@dataclass(frozen=True, slots=True)
class Facts:
    """What one event says. Seconds are whole, times UTC; None is what it does not say.

    Statuses: initiated, ringing, in_progress, completed, busy, no_answer, failed, canceled.
    """

    kind: str
    leg: str  # the SID of the leg it is about
    parent: str | None = None  # the SID of the leg that dialled it
    at: datetime | None = None  # by the carrier's clock
    received_at: datetime | None = None  # by our clock; used only where the carrier sends no time
    step: int | None = None  # the number of the document of ours that caused it
    sequence: int | None = None
    status: str | None = None
    seconds: int | None = None  # of the leg, the recording or the dialled leg
    direction: str | None = None  # inbound | outbound | dialled
    from_: str | None = None
    to: str | None = None
    agent: str | None = None  # id of the agent whose phone the leg rings
    target: str | None = None  # the number or address that was rung
    screened: bool | None = None  # whoever answers must press 1
    screening: bool | None = None  # this is the request of the whisper that asks for it
    accepted: bool | None = None  # ... and 1 was pressed
    answered_by: str | None = None  # human | machine, as the carrier's detection has it
    hung_up: bool | None = None  # a request of the caller's leg says that they have hung up
    dialled_leg: str | None = None  # the SID of the leg that a Ring, now over, rang last
    bridged: bool | None = None  # ... and whether people were connected
    queue_seconds: int | None = None
    queue_result: str | None = None  # leave | full | hangup | connected | error
    recording: str | None = None  # its SID
    recording_kind: str | None = None  # call | voicemail
    recording_status: str | None = None  # in_progress | completed | absent | failed
    channels: int | None = None
    presumed: bool | None = None  # the carrier knows no such call: its end is presumed, at what came last
    # of a request: what we decided (see ivr.steps.Decision)
    destination: str | None = None
    node: str | None = None
    keys: str | None = None
    queue: str | None = None
    language: str | None = None
    announced: bool | None = None
    promise: str | None = None
    call_back: str | None = None
    state: str | None = None
    survey: str | None = None
    mark: str | None = None
    claimed: str | None = None  # id of the agent who was claimed for it

    def to_json(self) -> dict[str, Any]:
        """The facts as JSON, empty fields left out."""
        pairs = zip(FIELD_NAMES, _VALUES(self), strict=True)
        values: dict[str, Any] = {name: value for name, value in pairs if value is not None}
        for name in TIME_FIELDS & values.keys():
            values[name] = values[name].isoformat()
        return values


FIELD_NAMES = tuple(field.name for field in fields(Facts))
TIME_FIELDS = frozenset({"at", "received_at"})
_VALUES = attrgetter(*FIELD_NAMES)


def facts_from_json(stored: dict[str, Any]) -> Facts:
    """Facts from their stored form; unknown fields of an older or newer version are left out."""
    values = {name: value for name, value in stored.items() if name in FIELD_NAMES}
    for name in TIME_FIELDS & values.keys():
        values[name] = datetime.fromisoformat(values[name]).astimezone(UTC)
    return Facts(**values)
