"""The shapes a sample call can have, event by event. They follow the shipped flow, key by key."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from callcrm.demo.sample_data.audio_clips import AudioClip
from callcrm.demo.sample_data.call_script import CallScript
from callcrm.demo.sample_data.people import BUSINESS_NUMBER

Row = dict[str, Any]
LANGUAGE_KEYS = {"en": "1", "fa": "2"}
QUEUE_KEYS = {"sales": "1", "support": "2"}
QUEUE_LEFT_STEP = 10_000  # the flow counts its steps from here once a caller has left a queue


@dataclass(slots=True)
class PlannedCall:
    """One planned call: who calls when, and how it goes. `shape` is a key of SHAPES or `outbound RESULT`.

    `unanswered` are the agents who were rung before in vain, with the addresses they were rung at.
    """

    at: datetime
    shape: str
    phone: str
    customer_id: str | None = None
    language: str = "en"
    queue: str = "sales"
    agent: str = ""
    target: str = ""  # where the agent is rung
    unanswered: tuple[tuple[str, str], ...] = ()
    wait_seconds: int = 0
    clip: AudioClip | None = None
    talk_seconds: int = 0


def script_call(call: PlannedCall, random: Random, account: str, api: str) -> CallScript:
    """The call's events, as the carrier would have sent them to this account; `api` is its base URL."""
    outbound = call.shape.startswith("outbound")
    numbers = (BUSINESS_NUMBER, call.phone) if outbound else (call.phone, BUSINESS_NUMBER)
    script = CallScript(
        account,
        _sid("CA", random),
        "outbound" if outbound else "inbound",
        *numbers,
        call.at.replace(microsecond=0),
        api,
    )
    if outbound:
        _outbound(script, call, random)
    else:
        SHAPES[call.shape](script, call, random)
        script.call_status("completed", 0, script.elapsed)
    if call.clip and call.shape in ("answered", "waited", "voicemail"):
        _add_recording(script, call)
    return script


def _sid(prefix: str, random: Random) -> str:
    return f"{prefix}{random.getrandbits(128):032x}"


def _menu(script: CallScript, call: PlannedCall, random: Random) -> None:
    """The greeting, and the key for the language."""
    script.request("voice", 0, destination="node", language="en", state="ivr")
    script.advance(random.randint(3, 7))
    key = LANGUAGE_KEYS[call.language]
    script.request(
        "node", 1, destination="node", node="language", keys=key, language=call.language, state="ivr"
    )
    script.advance(random.randint(3, 9))


def _choose_queue(
    script: CallScript, call: PlannedCall, destination: str, state: str, **fields: bool
) -> None:
    key = QUEUE_KEYS[call.queue]
    script.request(
        "node",
        2,
        destination=destination,
        node="main",
        keys=key,
        queue=call.queue,
        language=call.language,
        state=state,
        **fields,
    )


def _answered(script: CallScript, call: PlannedCall, random: Random) -> None:
    _menu(script, call, random)
    _choose_queue(script, call, "queue", "ringing", announced=True)
    _ring_until_answered(script, call, random, 2)


def _waited(script: CallScript, call: PlannedCall, random: Random) -> None:
    _menu(script, call, random)
    _choose_queue(script, call, "wait", "queued")
    _wait_in_queue(script, call, call.wait_seconds, "queue")
    common: Row = {"queue": call.queue, "language": call.language}
    script.request(
        "left", QUEUE_LEFT_STEP, queue_seconds=call.wait_seconds, queue_result="leave", destination="queue",
        announced=True, state="ringing", **common,
    )  # fmt: skip
    _ring_until_answered(script, call, random, QUEUE_LEFT_STEP)


def _wait_in_queue(script: CallScript, call: PlannedCall, seconds: int, leads: str) -> None:
    """The waiting documents of a queue; after so many seconds one leads to the node `leads`, if any."""
    common: Row = {"queue": call.queue, "language": call.language}
    script.advance(4)
    script.request("wait", 3, queue_seconds=0, destination="wait", state="queued", **common)
    script.advance(seconds)
    if leads:
        script.request("wait", 4, queue_seconds=seconds, destination=leads, state="ringing", **common)


def _ring_until_answered(script: CallScript, call: PlannedCall, random: Random, step: int) -> None:
    """Phones ring one after the other, and the last one is answered."""
    for agent, target in call.unanswered:
        step = _ring_unanswered(script, call, random, step, agent, target)
    leg, screened = _sid("CA", random), call.target.startswith("+") or None
    agent_fields: Row = {"agent": call.agent, "screened": screened}
    script.advance(1)
    script.leg_status(leg, step, call.target, "initiated", 0, **agent_fields)
    script.advance(1)
    script.leg_status(leg, step, call.target, "ringing", 1, **agent_fields)
    script.advance(random.randint(2, 12))
    script.leg_status(leg, step, call.target, "in_progress", 2, **agent_fields)
    script.advance(call.talk_seconds)
    caller_hung_up = random.random() < 0.5
    common: Row = {"queue": call.queue, "language": call.language, "destination": "done", "state": "ivr"}
    script.request(
        "queue",
        step + 1,
        hung_up=caller_hung_up,
        dialled_leg=leg,
        status="completed",
        seconds=call.talk_seconds,
        bridged=True,
        **common,
    )
    script.leg_status(leg, step, call.target, "completed", 3, seconds=call.talk_seconds, **agent_fields)


def _ring_unanswered(
    script: CallScript, call: PlannedCall, random: Random, step: int, agent: str, target: str
) -> int:
    """A phone rings for 20 seconds and is not answered; the step of the next one."""
    leg = _sid("CA", random)
    agent_fields: Row = {"agent": agent, "screened": target.startswith("+") or None}
    script.advance(1)
    script.leg_status(leg, step, target, "initiated", 0, **agent_fields)
    script.advance(1)
    script.leg_status(leg, step, target, "ringing", 1, **agent_fields)
    script.advance(20)
    script.leg_status(leg, step, target, "no_answer", 2, seconds=0, **agent_fields)
    common: Row = {"queue": call.queue, "language": call.language, "destination": "queue", "state": "ringing"}
    script.request(
        "queue", step + 1, dialled_leg=leg, status="no_answer", bridged=False, announced=True, **common
    )
    return step + 1


def _gave_up_in_menu(script: CallScript, call: PlannedCall, random: Random) -> None:
    script.request("voice", 0, destination="node", language="en", state="ivr")
    script.advance(random.randint(2, 12))


def _gave_up_waiting(script: CallScript, call: PlannedCall, random: Random) -> None:
    _menu(script, call, random)
    _choose_queue(script, call, "wait", "queued")
    _wait_in_queue(script, call, call.wait_seconds, "")
    script.request(
        "left", QUEUE_LEFT_STEP, hung_up=True, queue_seconds=call.wait_seconds, queue_result="hangup",
        destination="done", queue=call.queue, language=call.language, state="ivr",
    )  # fmt: skip


def _callback(script: CallScript, call: PlannedCall, random: Random) -> None:
    _menu(script, call, random)
    _choose_queue(script, call, "wait", "queued")
    _wait_in_queue(script, call, call.wait_seconds, "")
    common: Row = {"queue": call.queue, "language": call.language}
    waited: Row = {"queue_seconds": call.wait_seconds} | common
    script.request("wait", 4, destination="callback", node="wait", keys="1", state="queued", **waited)
    script.advance(7)
    script.request("wait", 5, destination="done", promise="callback", state="ivr", **waited)
    script.request("left", QUEUE_LEFT_STEP, queue_result="leave", destination="done", state="ivr", **waited)
    script.advance(4)


def _voicemail(script: CallScript, call: PlannedCall, random: Random) -> None:
    """Nobody answers, and the caller leaves a message."""
    _menu(script, call, random)
    _choose_queue(script, call, "queue", "ringing", announced=True)
    step = 2
    for agent, target in call.unanswered:
        step = _ring_unanswered(script, call, random, step, agent, target)
    script.advance(9)
    sid = _sid("RE", random)
    call.talk_seconds = call.clip.seconds if call.clip else 12
    script.advance(call.talk_seconds)
    script.request(
        "voicemail", step + 2, hung_up=True, seconds=call.talk_seconds, recording=sid,
        recording_kind="voicemail", destination="done", language=call.language, promise="voicemail",
        state="ivr",
    )  # fmt: skip


def _outbound(script: CallScript, call: PlannedCall, random: Random) -> None:
    """The agent is rung, then the customer; `call.shape` ends with how it went at the customer's phone."""
    result = call.shape.removeprefix("outbound ")
    script.placed(call.agent, call.target, call.phone)
    script.call_status("initiated", 0)
    script.advance(1)
    script.call_status("ringing", 1)
    script.advance(random.randint(2, 5))
    script.request("outbound", 0, agent=call.agent, destination="done", state="ringing")
    script.call_status("in_progress", 2)
    answered = script.now
    leg = _sid("CA", random)
    script.leg_status(leg, 0, call.phone, "initiated", 0)
    script.advance(1)
    script.leg_status(leg, 0, call.phone, "ringing", 1)
    script.advance(random.randint(4, 14) if result != "no_answer" else 25)
    end: Row = {"dialled_leg": leg, "destination": "done", "language": "en", "state": "ivr"}
    if result == "answered":
        script.leg_status(leg, 0, call.phone, "in_progress", 2)
        script.advance(call.talk_seconds)
        script.request("done", 1, status="completed", seconds=call.talk_seconds, bridged=True, **end)
        script.leg_status(leg, 0, call.phone, "completed", 3, seconds=call.talk_seconds)
    else:
        script.leg_status(leg, 0, call.phone, result, 2, seconds=0)
        script.request("done", 1, status=result, bridged=False, **end)
    script.call_status("completed", 3, round((script.now - answered).total_seconds()))


def _add_recording(script: CallScript, call: PlannedCall) -> None:
    assert call.clip
    kind = "voicemail" if call.shape == "voicemail" else "call"
    reported = next((facts.recording for facts in script.facts if facts.recording), None)
    began = script.now.fromtimestamp(script.now.timestamp() - call.talk_seconds, script.now.tzinfo)
    sid = reported or f"RE{script.root[2:]}"
    script.recording(sid, kind, call.clip.channels, began, call.clip.seconds)


SHAPES = {
    "answered": _answered,
    "waited": _waited,
    "gave up in menu": _gave_up_in_menu,
    "gave up waiting": _gave_up_waiting,
    "callback": _callback,
    "voicemail": _voicemail,
}
