"""Sample calls of every shape, made once by the app's own fold and projection, then copied by the million.

A template is a call of a fixed time with stand-ins for what differs from copy to copy. Its events are the
fewest from which the ledger derives the same rows again.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import product
from operator import itemgetter
from typing import Any

from callcrm.calls.ingest import call_rows, projection
from callcrm.calls.runtime import CallRuntime
from callcrm.demo.sample_data.call_script import CallScript
from callcrm.ledger.fold import FoldedCall, fold
from callcrm.models import Direction, PromiseKind, RecordingStatus
from callcrm.sample.people import OUR_NUMBER, QUEUES

BEGAN = datetime(2001, 1, 1, 6, tzinfo=UTC)
# Stand-ins. The phone is a real number, since the projection reads it.
ROOT, LEG, RECORDING, AGENT, PHONE = "@ROOT@", "@LEG@", "@RECORDING@", "@AGENT@", "+12025550134"
CLIENT = f"client:{AGENT}"
NAMES = {ROOT: "root", LEG: "leg", RECORDING: "recording", AGENT: "agent", PHONE: "phone", CLIENT: "client"}
WITHHELD = "+266696687"
TIMES = re.compile(r"2001-01-01T0\d:\d\d:\d\d\+00:00|Mon, 01 Jan 2001 0\d:\d\d:\d\d \+0000")
STAND_INS = re.compile("|".join([*map(re.escape, NAMES), TIMES.pattern]))
EVENT_COLUMNS = ("key", "account", "root_sid", "sid", "kind", "at", "received_at", "data", "facts")
CALL_COLUMNS = (
    *("id", "carrier", "carrier_sid", "direction", "from_raw", "to_raw", "from_e164", "to_e164", "phone"),
    *("state", "outcome", "agent_id", "queue", "language", "ivr_path", "started_at", "queued_at"),
    *("answered_at", "ended_at", "wait_seconds", "talk_seconds", "duration_seconds"),
    *("customer_id", "identified_by", "disposition", call_rows.HEARD),
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
TALKS = (25, 48, 95, 190, 320)  # seconds
WAITS = (12, 41, 118)
# How calls go, and how many in a thousand.
SHARES = {"answered": 600, "waited": 120, "outbound": 100, "abandoned": 80, "voicemail": 50, "callback": 50}

Slots = dict[str, Any]
Row = Callable[[Slots], tuple[Any, ...]]
Text = Callable[[Slots], str]


@dataclass(frozen=True, slots=True)
class CallTemplate:
    """A call to be copied. `constants` are slots that are the same in each copy, `seconds` the moments it
    names, from its beginning; `texts` are JSON documents, by their slot.
    """

    shape: str
    language: str
    outcome: str
    length: int
    talk_at: int | None
    constants: Slots
    seconds: Sequence[int]
    texts: Sequence[tuple[str, Text]]
    call: Row
    legs: Sequence[Row]
    events: Sequence[Row]
    recordings: Sequence[Row]
    consents: Sequence[Row]


def make_templates(runtime: CallRuntime) -> dict[str, list[CallTemplate]]:
    """The templates of each shape; `withheld` ones are of callers without a number."""
    templates: dict[str, list[CallTemplate]] = {shape: [] for shape in (*SHARES, "withheld")}
    for shape, language, talk, wait in product(SHARES, ("en", "fa"), TALKS, WAITS):
        for queue in QUEUES:
            script = _script(runtime, shape, language, queue, talk, wait, PHONE)
            templates[shape].append(_template(runtime, shape, script, language))
    for language, wait in product(("en", "fa"), WAITS):
        script = _script(runtime, "abandoned", language, QUEUES[0], 0, wait, WITHHELD)
        templates["withheld"].append(_template(runtime, "abandoned", script, language))
    return templates


# --- the scripts ---------------------------------------------------------------------------------


def _script(
    runtime: CallRuntime, shape: str, language: str, queue: str, talk: int, wait: int, phone: str
) -> CallScript:
    settings = runtime.settings
    account, ours = settings.account_sid or f"AC{0:032}", (settings.numbers or [OUR_NUMBER])[0]
    outbound = shape == "outbound"
    direction, numbers = ("outbound", (ours, phone)) if outbound else ("inbound", (phone, ours))
    script = CallScript(account, ROOT, direction, *numbers, BEGAN, settings.carrier_api_url)
    common = {"queue": queue, "language": language}
    if outbound:
        _place_call(script, talk)
    else:
        _menu(script, shape, common)
        ENDINGS[shape](script, common, talk, wait)
        script.call_status("completed", 0, script.elapsed)
    if shape in ("answered", "waited"):
        script.recording(RECORDING, "call", 2, script.now, talk)
    return script


def _menu(script: CallScript, shape: str, common: dict[str, Any]) -> None:
    script.request("voice", 0, destination="node", language="en", state="ivr")
    script.advance(11)
    rings = shape in ("answered", "voicemail")
    leads: dict[str, Any] = {"destination": "queue", "state": "ringing", "announced": True}
    waits: dict[str, Any] = {"destination": "wait", "state": "queued"}
    script.request("node", 1, node="main", keys="1", **common, **(leads if rings else waits))


def _answered(script: CallScript, common: dict[str, Any], talk: int, _wait: int) -> None:
    _talk(script, common, talk, 1)


def _waited(script: CallScript, common: dict[str, Any], talk: int, wait: int) -> None:
    script.advance(wait)
    left: dict[str, Any] = {
        "queue_seconds": wait,
        "queue_result": "leave",
        "destination": "queue",
        "state": "ringing",
    }
    script.request("left", 10_000, announced=True, **left, **common)
    _talk(script, common, talk, 10_000)


def _talk(script: CallScript, common: dict[str, Any], talk: int, step: int) -> None:
    script.advance(2)
    script.leg_status(LEG, step, CLIENT, "ringing", 1, agent=AGENT)
    script.advance(6)
    script.leg_status(LEG, step, CLIENT, "in_progress", 2, agent=AGENT)
    script.advance(talk)
    script.leg_status(LEG, step, CLIENT, "completed", 3, seconds=talk, agent=AGENT)


def _abandoned(script: CallScript, common: dict[str, Any], _talk: int, wait: int) -> None:
    script.advance(wait)
    left: dict[str, Any] = {
        "queue_seconds": wait,
        "queue_result": "hangup",
        "destination": "done",
        "state": "ivr",
    }
    script.request("left", 10_000, hung_up=True, **left, **common)


def _callback(script: CallScript, common: dict[str, Any], _talk: int, wait: int) -> None:
    script.advance(wait)
    script.request(
        "callback", 10_001, destination="done", promise=PromiseKind.CALLBACK, state="ivr", **common
    )
    script.advance(4)


def _voicemail(script: CallScript, _common: dict[str, Any], talk: int, _wait: int) -> None:
    script.advance(30)
    script.advance(talk)
    message: dict[str, Any] = {
        "seconds": talk,
        "recording": RECORDING,
        "recording_kind": "voicemail",
        "state": "ivr",
    }
    script.request("voicemail", 3, hung_up=True, destination="done", promise=PromiseKind.VOICEMAIL, **message)
    script.recording(RECORDING, "voicemail", 1, script.now, talk)


def _place_call(script: CallScript, talk: int) -> None:
    script.placed(AGENT, CLIENT, PHONE)
    script.call_status("ringing", 1)
    script.advance(4)
    script.request("outbound", 0, agent=AGENT, destination="done", state="ringing")
    script.call_status("in_progress", 2)
    answered = script.now
    script.leg_status(LEG, 0, PHONE, "ringing", 1)
    script.advance(9)
    script.leg_status(LEG, 0, PHONE, "in_progress", 2)
    script.advance(talk)
    script.leg_status(LEG, 0, PHONE, "completed", 3, seconds=talk)
    script.call_status("completed", 3, round((script.now - answered).total_seconds()))


ENDINGS = {
    "answered": _answered,
    "waited": _waited,
    "abandoned": _abandoned,
    "callback": _callback,
    "voicemail": _voicemail,
}

# --- from a script to a template --------------------------------------------------------------------


class _Slots:
    """Collects the slots that rows and texts refer to."""

    def __init__(self) -> None:
        self.constants: Slots = {}
        self.seconds: set[int] = set()
        self.texts: list[tuple[str, Text]] = []

    def row(self, values: Sequence[Any]) -> Row:
        """A function that copies a row of these values."""
        return itemgetter(*[self._slot(value) for value in values])

    def _slot(self, value: Any) -> str:
        if isinstance(value, datetime):
            return f"stored {self._second(value)}"
        if isinstance(value, dict | list):
            return self._text(json.dumps(value))
        if isinstance(value, str) and value in NAMES:
            return NAMES[value]
        if isinstance(value, Copied):
            return value.slot
        name = f"constant {value!r}"
        self.constants[name] = str(value) if isinstance(value, str) else value
        return name

    def _text(self, document: str) -> str:
        name = f"text {len(self.texts) + len(self.constants)}"
        slots = [self._name(match) for match in STAND_INS.findall(document)]
        if not slots:
            self.constants[name] = document
            return name
        filled = STAND_INS.sub("%s", document.replace("%", "%%"))
        self.texts.append((name, _filler(filled, slots)))
        return name

    def _name(self, match: str) -> str:
        if match in NAMES:
            return NAMES[match]
        if match.startswith("2001"):
            return f"iso {self._second(datetime.fromisoformat(match))}"
        return f"mail {self._second(parsedate_to_datetime(match))}"

    def _second(self, moment: datetime) -> int:
        second = round((moment - BEGAN).total_seconds())
        self.seconds.add(second)
        return second


@dataclass(frozen=True, slots=True)
class Copied:
    """A value that each copy has of its own, in this slot."""

    slot: str


def _filler(text: str, slots: Sequence[str]) -> Text:
    if len(slots) == 1:
        only = slots[0]
        return lambda values: text % values[only]
    pick = itemgetter(*slots)
    return lambda values: text % pick(values)


def _template(runtime: CallRuntime, shape: str, script: CallScript, language: str) -> CallTemplate:
    history = fold(script.facts, ROOT)
    slots = _Slots()
    values = projection.call_values(runtime, ROOT, "", history) | {
        "id": Copied("call"),
        "customer_id": Copied("customer"),
        "identified_by": Copied("identified_by"),
        "disposition": Copied("disposition"),
        call_rows.HEARD: history.ended_at,
    }
    talk_at = next((leg.answered_at for leg in history.legs if leg.answered_at), None)
    assert history.ended_at
    assert history.outcome
    return CallTemplate(
        shape=shape,
        language=language,
        outcome=history.outcome,
        length=round((history.ended_at - BEGAN).total_seconds()),
        talk_at=round((talk_at - BEGAN).total_seconds()) if talk_at else None,
        call=slots.row([values.get(name) for name in CALL_COLUMNS]),
        legs=[slots.row([leg[name] for name in LEG_COLUMNS]) for leg in _legs(history)],
        events=[slots.row(event) for event in _events(script)],
        recordings=[slots.row(row) for row in _recordings(history)],
        consents=[slots.row(row) for row in _consents(script, history)],
        constants=slots.constants,
        seconds=sorted(slots.seconds),
        texts=slots.texts,
    )


def _legs(history: FoldedCall) -> Iterator[dict[str, Any]]:
    for leg in projection.leg_values("", history.legs):
        yield leg | {"call_id": Copied("call")}


def _events(script: CallScript) -> Iterator[list[Any]]:
    for index, row in enumerate(script.rows):
        values = row | {"key": Copied(f"key {index}")}
        yield [values[name] for name in EVENT_COLUMNS]


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
