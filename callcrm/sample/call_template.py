"""A sample call to be copied: its rows with places for what differs from copy to copy.

It is made from a script of a fixed time, whose stand-ins for SIDs, names and times become places.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from operator import itemgetter
from typing import Any

from callcrm.calls.ingest import call_rows, projection
from callcrm.calls.runtime import CallRuntime
from callcrm.demo.sample_data.call_script import CallScript
from callcrm.ledger.fold import FoldedCall, fold
from callcrm.models import Direction, RecordingStatus

BEGAN = datetime(2001, 1, 1, 6, tzinfo=UTC)
# Stand-ins. The phone is a real number, since the projection reads it.
ROOT, LEG, RECORDING, AGENT, PHONE = "@ROOT@", "@LEG@", "@RECORDING@", "@AGENT@", "+12025550134"
CLIENT = f"client:{AGENT}"
NAMES = {ROOT: "root", LEG: "leg", RECORDING: "recording", AGENT: "agent", PHONE: "phone", CLIENT: "client"}
# What each copy has of its own, keys and times aside, in the order in which `fill` takes it.
OWN = (*NAMES.values(), "call", "recording_id", "customer", "identified_by", "disposition", "subject")
SPELLINGS = ("stored", "iso", "mail")  # of times: the engine's own, and those in JSON documents
TIMES = re.compile(r"2001-01-01T0\d:\d\d:\d\d\+00:00|Mon, 01 Jan 2001 0\d:\d\d:\d\d \+0000")
STAND_INS = re.compile("|".join([*map(re.escape, NAMES), TIMES.pattern]))
EVENT_COLUMNS = ("key", "account", "root_sid", "sid", "kind", "at", "received_at", "data", "facts")
CALL_COLUMNS = (
    *("id", "carrier", "carrier_sid", "direction", "from_raw", "to_raw", "from_e164", "to_e164", "phone"),
    *("state", "outcome", "agent_id", "queue", "language", "ivr_path", "started_at", "queued_at"),
    *("answered_at", "ended_at", "wait_seconds", "talk_seconds", "duration_seconds"),
    *("customer_id", "identified_by", "disposition", "subject", call_rows.HEARD),
)
LEG_COLUMNS = (
    *("carrier_sid", "call_id", "position", "agent_id", "target"),
    *("rang_at", "answered_at", "ended_at", "status"),
)
CONSENT_COLUMNS = ("call_id", "prompt", "language", "event_key", "announced_at")
RECORDING_COLUMNS = (
    *("id", "call_id", "carrier_sid", "kind", "status", "duration_seconds"),
    *("channels", "bytes", "content_type", "created_at", "stored_at"),
)

Values = list[Any]
Row = Callable[[Values], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class CallTemplate:
    """A call to be copied. Rows are made of the values that `fill` gives; `talked` and `ended` are the places
    of these times among them, `length` its seconds.
    """

    shape: str
    language: str
    outcome: str
    queue: str | None
    talk_seconds: int | None
    inbound: bool
    length: int
    talked: int | None
    ended: int
    call: Row
    legs: Sequence[Row]
    events: Sequence[Row]
    recordings: Sequence[Row]
    consents: Sequence[Row]
    constants: Values
    keys: Sequence[str]
    seconds: Sequence[Sequence[int]]
    documents: str
    document_values: Row

    def fill(self, own: Values, key: str, times: Values) -> Values:
        """The values of one copy: `own` are those of OWN, `key` begins the keys of its events, `times` are
        the moments of `seconds`, those of each spelling after the other.
        """
        values = own + self.constants
        values += [key + ending for ending in self.keys]
        values += times
        # A document has no line break in it, and one format is cheaper than a dozen.
        values += (self.documents % self.document_values(values)).split("\n")
        return values


@dataclass(frozen=True, slots=True)
class Copied:
    """A value that each copy has of its own, by its name."""

    name: str


class _Places:
    """Collects what rows refer to, by name; the places are known when all rows are."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}
        self.seconds: dict[str, set[int]] = {spelling: set() for spelling in SPELLINGS}
        self.documents: dict[str, str] = {}

    def names(self, values: Sequence[Any]) -> list[str]:
        """The names of what a row of these values is copied from."""
        return [self._name(value) for value in values]

    def _name(self, value: Any) -> str:
        if isinstance(value, datetime):
            return self._time("stored", value)
        if isinstance(value, dict | list):
            return self._document(json.dumps(value))
        if isinstance(value, str) and value in NAMES:
            return NAMES[value]
        if isinstance(value, Copied):
            return value.name
        return self._constant(str(value) if isinstance(value, str) else value)

    def _constant(self, value: Any) -> str:
        name = f"constant {value!r}"
        self.constants[name] = value
        return name

    def _document(self, text: str) -> str:
        if not STAND_INS.search(text):
            return self._constant(text)
        for match in STAND_INS.findall(text):
            self.stand_in(match)
        name = f"document {len(self.documents)}"
        self.documents[name] = text
        return name

    def stand_in(self, match: str) -> str:
        """The name of what is to stand in the place of a stand-in."""
        if match in NAMES:
            return NAMES[match]
        if match.startswith("2001"):
            return self._time("iso", datetime.fromisoformat(match))
        return self._time("mail", parsedate_to_datetime(match))

    def _time(self, spelling: str, moment: datetime) -> str:
        second = _second(moment)
        self.seconds[spelling].add(second)
        return f"{spelling} {second}"

    def in_order(self, keys: Sequence[str]) -> Mapping[str, int]:
        """The place of each name among the values of a copy."""
        times = [
            f"{spelling} {second}" for spelling in SPELLINGS for second in sorted(self.seconds[spelling])
        ]
        names = (*OWN, *self.constants, *keys, *times, *self.documents)
        return {name: place for place, name in enumerate(names)}


def _second(moment: datetime) -> int:
    return round((moment - BEGAN).total_seconds())


def make_template(runtime: CallRuntime, shape: str, script: CallScript, language: str) -> CallTemplate:
    """A template of the call in the script, which has the stand-ins for names and began at BEGAN."""
    history = fold(script.facts, ROOT)
    assert history.ended_at
    assert history.outcome
    places = _Places()
    names = {table: [places.names(row) for row in rows] for table, rows in _rows(runtime, script, history)}
    keys = [f"key {index}" for index in range(len(script.rows))]
    order = places.in_order(keys)
    talk_at = next((leg.answered_at for leg in history.legs if leg.answered_at), None)

    def rows(table: str) -> list[Row]:
        return [itemgetter(*[order[name] for name in row]) for row in names[table]]

    documents = "\n".join(places.documents.values())
    return CallTemplate(
        shape=shape,
        language=language,
        outcome=history.outcome,
        queue=history.queue,
        talk_seconds=history.talk_seconds,
        inbound=history.direction == Direction.INBOUND,
        length=_second(history.ended_at),
        talked=order[f"stored {_second(talk_at)}"] if talk_at else None,
        ended=order[f"stored {_second(history.ended_at)}"],
        call=rows("call")[0],
        legs=rows("leg"),
        events=rows("carrier_event"),
        recordings=rows("recording"),
        consents=rows("consent"),
        constants=list(places.constants.values()),
        keys=[f"{index:02}" for index in range(len(keys))],
        seconds=[sorted(places.seconds[spelling]) for spelling in SPELLINGS],
        documents=STAND_INS.sub("%s", documents.replace("%", "%%")),
        document_values=itemgetter(*[order[places.stand_in(m)] for m in STAND_INS.findall(documents)]),
    )


def _rows(
    runtime: CallRuntime, script: CallScript, history: FoldedCall
) -> Iterator[tuple[str, list[list[Any]]]]:
    """The rows of each table."""
    values = projection.call_values(runtime, ROOT, "", history) | {
        "id": Copied("call"),
        "customer_id": Copied("customer"),
        "identified_by": Copied("identified_by"),
        "disposition": Copied("disposition"),
        "subject": Copied("subject"),
        call_rows.HEARD: history.ended_at,
    }
    legs = [leg | {"call_id": Copied("call")} for leg in projection.leg_values("", history.legs)]
    events = [row | {"key": Copied(f"key {index}")} for index, row in enumerate(script.rows)]
    yield "call", [[values.get(name) for name in CALL_COLUMNS]]
    yield "leg", [[leg[name] for name in LEG_COLUMNS] for leg in legs]
    yield "carrier_event", [[event[name] for name in EVENT_COLUMNS] for event in events]
    yield "recording", list(_recordings(history))
    yield "consent", list(_consents(script, history))


def _recordings(history: FoldedCall) -> Iterator[list[Any]]:
    for recording in history.recordings:
        values = {
            "id": Copied("recording_id"),
            "call_id": Copied("call"),
            "carrier_sid": RECORDING,
            "kind": recording.kind,
            "status": RecordingStatus.DELETED,  # there never was any audio
            "duration_seconds": recording.seconds,
            "channels": recording.channels,
            "bytes": 8000 * (recording.seconds or 0),
            "content_type": "audio/wav",
            "created_at": recording.at,
            "stored_at": history.ended_at,
        }
        yield [values[name] for name in RECORDING_COLUMNS]


def _consents(script: CallScript, history: FoldedCall) -> Iterator[list[Any]]:
    key = next((index for index, row in enumerate(script.rows) if row["key"] == script.announced), None)
    if key is not None and history.recordings and history.direction == Direction.INBOUND:
        at = script.rows[key]["received_at"]
        yield [Copied("call"), "recording-notice", history.language, Copied(f"key {key}"), at]
