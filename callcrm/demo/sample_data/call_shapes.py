"""The ways a call can go, told from beginning to end. They follow the shipped flow, key by key."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from callcrm.demo.sample_data.audio_clips import Clip
from callcrm.demo.sample_data.call_script import CallScript
from callcrm.demo.sample_data.people import LINE

Row = dict[str, Any]
LANGUAGE_KEYS = {"en": "1", "fa": "2"}
QUEUE_KEYS = {"sales": "1", "support": "2"}
AFTER_QUEUE = 10_000  # steps after a queue count from here


@dataclass(slots=True)
class Visit:
    """A call as it is planned: who, when, and how it will go."""

    at: datetime
    shape: str
    phone: str
    customer: str | None = None
    language: str = "en"
    queue: str = "sales"
    agent: str = ""
    target: str = ""  # where the agent is rung
    missed: tuple[tuple[str, str], ...] = ()  # agents rung in vain before, and where
    waits: int = 0
    clip: Clip | None = None
    talks: int = 0


def tell(visit: Visit, random: Random, account: str, api: str) -> CallScript:
    """The call with all its events."""
    outbound = visit.shape.startswith("outbound")
    ends = (LINE, visit.phone) if outbound else (visit.phone, LINE)
    tale = CallScript(
        account,
        _sid("CA", random),
        "outbound" if outbound else "inbound",
        *ends,
        visit.at.replace(microsecond=0),
        api,
    )
    if outbound:
        _outbound(tale, visit, random)
    else:
        SHAPES[visit.shape](tale, visit, random)
        tale.status("completed", 0, tale.passed)
    if visit.clip and visit.shape in ("answered", "waited", "voicemail"):
        _recorded(tale, visit)
    return tale


def _sid(prefix: str, random: Random) -> str:
    return f"{prefix}{random.getrandbits(128):032x}"


def _menu(tale: CallScript, visit: Visit, random: Random) -> None:
    """The greeting, and the language chosen."""
    tale.asks("voice", 0, destination="node", language="en", state="ivr")
    tale.pause(random.randint(3, 7))
    key = LANGUAGE_KEYS[visit.language]
    tale.asks("node", 1, destination="node", node="language", keys=key, language=visit.language, state="ivr")
    tale.pause(random.randint(3, 9))


def _chosen(tale: CallScript, visit: Visit, destination: str, state: str, **more: bool) -> None:
    key = QUEUE_KEYS[visit.queue]
    tale.asks(
        "node",
        2,
        destination=destination,
        node="main",
        keys=key,
        queue=visit.queue,
        language=visit.language,
        state=state,
        **more,
    )


def _answered(tale: CallScript, visit: Visit, random: Random) -> None:
    _menu(tale, visit, random)
    _chosen(tale, visit, "queue", "ringing", announced=True)
    _rung(tale, visit, random, 2)


def _waited(tale: CallScript, visit: Visit, random: Random) -> None:
    _menu(tale, visit, random)
    _chosen(tale, visit, "wait", "queued")
    _waits(tale, visit, visit.waits, "queue")
    about: Row = {"queue": visit.queue, "language": visit.language}
    tale.asks(
        "left", AFTER_QUEUE, queue_seconds=visit.waits, queue_result="leave", destination="queue",
        announced=True, state="ringing", **about,
    )  # fmt: skip
    _rung(tale, visit, random, AFTER_QUEUE)


def _waits(tale: CallScript, visit: Visit, seconds: int, leads: str) -> None:
    """Turns in the queue; the last one leads somewhere."""
    about: Row = {"queue": visit.queue, "language": visit.language}
    tale.pause(4)
    tale.asks("wait", 3, queue_seconds=0, destination="wait", state="queued", **about)
    tale.pause(seconds)
    if leads:
        tale.asks("wait", 4, queue_seconds=seconds, destination=leads, state="ringing", **about)


def _rung(tale: CallScript, visit: Visit, random: Random, step: int) -> None:
    """Phones ring one after the other until the last one is answered."""
    for agent, target in visit.missed:
        step = _in_vain(tale, visit, random, step, agent, target)
    leg, screened = _sid("CA", random), visit.target.startswith("+") or None
    who: Row = {"agent": visit.agent, "screened": screened}
    tale.pause(1)
    tale.leg(leg, step, visit.target, "initiated", 0, **who)
    tale.pause(1)
    tale.leg(leg, step, visit.target, "ringing", 1, **who)
    tale.pause(random.randint(2, 12))
    tale.leg(leg, step, visit.target, "in_progress", 2, **who)
    tale.pause(visit.talks)
    caller_went = random.random() < 0.5
    about: Row = {"queue": visit.queue, "language": visit.language, "destination": "done", "state": "ivr"}
    tale.asks(
        "queue",
        step + 1,
        hung_up=caller_went,
        dialled_leg=leg,
        status="completed",
        seconds=visit.talks,
        bridged=True,
        **about,
    )
    tale.leg(leg, step, visit.target, "completed", 3, seconds=visit.talks, **who)


def _in_vain(tale: CallScript, visit: Visit, random: Random, step: int, agent: str, target: str) -> int:
    """A phone that rings for 20 seconds and is not answered; the step of the next one."""
    leg = _sid("CA", random)
    who: Row = {"agent": agent, "screened": target.startswith("+") or None}
    tale.pause(1)
    tale.leg(leg, step, target, "initiated", 0, **who)
    tale.pause(1)
    tale.leg(leg, step, target, "ringing", 1, **who)
    tale.pause(20)
    tale.leg(leg, step, target, "no_answer", 2, seconds=0, **who)
    about: Row = {
        "queue": visit.queue,
        "language": visit.language,
        "destination": "queue",
        "state": "ringing",
    }
    tale.asks("queue", step + 1, dialled_leg=leg, status="no_answer", bridged=False, announced=True, **about)
    return step + 1


def _gave_up_in_menu(tale: CallScript, visit: Visit, random: Random) -> None:
    tale.asks("voice", 0, destination="node", language="en", state="ivr")
    tale.pause(random.randint(2, 12))


def _gave_up_waiting(tale: CallScript, visit: Visit, random: Random) -> None:
    _menu(tale, visit, random)
    _chosen(tale, visit, "wait", "queued")
    _waits(tale, visit, visit.waits, "")
    tale.asks(
        "left", AFTER_QUEUE, hung_up=True, queue_seconds=visit.waits, queue_result="hangup",
        destination="done", queue=visit.queue, language=visit.language, state="ivr",
    )  # fmt: skip


def _callback(tale: CallScript, visit: Visit, random: Random) -> None:
    _menu(tale, visit, random)
    _chosen(tale, visit, "wait", "queued")
    _waits(tale, visit, visit.waits, "")
    about: Row = {"queue": visit.queue, "language": visit.language, "state": "ivr"}
    tale.asks("wait", 4, queue_seconds=visit.waits, destination="callback", node="wait", keys="1", **about)
    tale.asks(
        "left", AFTER_QUEUE, queue_seconds=visit.waits, queue_result="leave", destination="callback", **about
    )
    tale.pause(7)
    tale.asks("callback", AFTER_QUEUE + 1, destination="done", promise="callback", **about)
    tale.pause(4)


def _voicemail(tale: CallScript, visit: Visit, random: Random) -> None:
    """Nobody answers, and a message is left."""
    _menu(tale, visit, random)
    _chosen(tale, visit, "queue", "ringing", announced=True)
    step = 2
    for agent, target in visit.missed:
        step = _in_vain(tale, visit, random, step, agent, target)
    tale.pause(9)
    sid = _sid("RE", random)
    visit.talks = visit.clip.seconds if visit.clip else 12
    tale.pause(visit.talks)
    tale.asks(
        "voicemail", step + 2, hung_up=True, seconds=visit.talks, recording=sid, recording_kind="voicemail",
        destination="done", language=visit.language, promise="voicemail", state="ivr",
    )  # fmt: skip


def _outbound(tale: CallScript, visit: Visit, random: Random) -> None:
    """We ring the agent, then the customer; `visit.shape` ends with how the customer's phone fared."""
    how = visit.shape.removeprefix("outbound ")
    tale.placed(visit.agent, visit.target, visit.phone)
    tale.status("initiated", 0)
    tale.pause(1)
    tale.status("ringing", 1)
    tale.pause(random.randint(2, 5))
    tale.asks("outbound", 0, agent=visit.agent, destination="done", state="ringing")
    tale.status("in_progress", 2)
    answered = tale.now
    leg = _sid("CA", random)
    tale.leg(leg, 0, visit.phone, "initiated", 0)
    tale.pause(1)
    tale.leg(leg, 0, visit.phone, "ringing", 1)
    tale.pause(random.randint(4, 14) if how != "no_answer" else 25)
    end: Row = {"dialled_leg": leg, "destination": "done", "language": "en", "state": "ivr"}
    if how == "answered":
        tale.leg(leg, 0, visit.phone, "in_progress", 2)
        tale.pause(visit.talks)
        tale.asks("done", 1, status="completed", seconds=visit.talks, bridged=True, **end)
        tale.leg(leg, 0, visit.phone, "completed", 3, seconds=visit.talks)
    else:
        tale.leg(leg, 0, visit.phone, how, 2, seconds=0)
        tale.asks("done", 1, status=how, bridged=False, **end)
    tale.status("completed", 3, round((tale.now - answered).total_seconds()))


def _recorded(tale: CallScript, visit: Visit) -> None:
    assert visit.clip
    kind = "voicemail" if visit.shape == "voicemail" else "call"
    told = next((one.recording for one in tale.facts if one.recording), None)
    began = tale.now.fromtimestamp(tale.now.timestamp() - visit.talks, tale.now.tzinfo)
    sid = told or f"RE{tale.root[2:]}"
    tale.recording(sid, kind, visit.clip.channels, began, visit.clip.seconds)


SHAPES = {
    "answered": _answered,
    "waited": _waited,
    "gave up in menu": _gave_up_in_menu,
    "gave up waiting": _gave_up_waiting,
    "callback": _callback,
    "voicemail": _voicemail,
}
