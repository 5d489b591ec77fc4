"""Sample calls of every shape, made once by the app's own fold and projection, then copied by the million.

Their events are the fewest from which the ledger derives the same rows again.
"""

from itertools import product
from typing import Any

from callcrm.calls.runtime import CallRuntime
from callcrm.demo.sample_data.call_script import CallScript
from callcrm.models import PromiseKind
from callcrm.sample.call_template import (
    AGENT,
    BEGAN,
    CLIENT,
    LEG,
    PHONE,
    RECORDING,
    ROOT,
    CallTemplate,
    make_template,
)
from callcrm.sample.people import OUR_NUMBER, QUEUES

WITHHELD = "+266696687"
TALKS = (25, 48, 95, 190, 320)  # seconds
WAITS = (12, 41, 118)
# How calls go, and how many in a thousand.
SHARES = {"answered": 600, "waited": 120, "outbound": 100, "abandoned": 80, "voicemail": 50, "callback": 50}


def make_templates(runtime: CallRuntime) -> dict[str, list[CallTemplate]]:
    """The templates of each shape; `withheld` ones are of callers without a number."""
    templates: dict[str, list[CallTemplate]] = {shape: [] for shape in (*SHARES, "withheld")}
    for shape, language, talk, wait in product(SHARES, ("en", "fa"), TALKS, WAITS):
        for queue in QUEUES:
            script = _script(runtime, shape, language, queue, talk, wait, PHONE)
            templates[shape].append(make_template(runtime, shape, script, language))
    for language, wait in product(("en", "fa"), WAITS):
        script = _script(runtime, "abandoned", language, QUEUES[0], 0, wait, WITHHELD)
        templates["withheld"].append(make_template(runtime, "abandoned", script, language))
    return templates


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
