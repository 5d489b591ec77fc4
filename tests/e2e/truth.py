"""What the history of a call must say, worked out from what really happened at the carrier."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from callcrm.base.clock import rfc3339
from callcrm.simulator.carrier import Carrier
from callcrm.simulator.ground_truth import CallTruth, HeardSound, LegTruth

CALLING_BACK = ("Thank you. We will call you back.", "/callback-thanks.wav")
ABOUT_CALLING_BACK = ("We will call you back on this number.", "/callback-confirm.wav")
DIRECTIONS = {"inbound": "inbound", "outbound-api": "outbound"}


def told_of(call: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a call's history that the carrier's truth decides."""
    names = ("direction", "outcome", "state", "from_raw", "to", "started_at", "ended_at", "duration_seconds")
    recordings = sorted((one["carrier_sid"], one["kind"]) for one in call["recordings"])
    return {name: call[name] for name in names} | {"recordings": recordings}


def true_of(carrier: Carrier, truth: CallTruth) -> dict[str, Any]:
    """The same as it really was."""
    root, ended = truth.root, _second(truth.root.ended)
    assert ended is not None
    return {
        "direction": DIRECTIONS[root.direction],
        "outcome": outcome(truth),
        "state": "ended",
        "from_raw": root.from_,
        "to": root.to,
        "started_at": rfc3339(ended - timedelta(seconds=root.seconds)),
        "ended_at": rfc3339(ended),
        "duration_seconds": root.seconds,
        "recordings": _recordings(carrier, truth),
    }


def outcome(truth: CallTruth) -> str:
    """How the call ended, as people say."""
    if truth.conversations:
        return "answered"
    if truth.voicemails:
        return "voicemail"
    if any(words in _said(one) for one in truth.heard for words in CALLING_BACK):
        return "callback"
    return "abandoned"


def _recordings(carrier: Carrier, truth: CallTruth) -> list[tuple[str, str]]:
    """All but those of callers who said nothing into the recorder."""
    taped = [carrier.state.recordings.by_sid[sid] for sid in truth.recordings]
    kinds = [(one.sid, "voicemail" if one.source == "RecordVerb" else "call") for one in taped]
    return sorted((sid, kind) for sid, kind in kinds if kind == "call" or sid in truth.voicemails)


def story_of(call: Mapping[str, Any]) -> dict[str, Any]:
    """The rest of a call's history: who was rung, who spoke, what was pressed, how long it took."""
    return {
        "legs": sorted(_told_leg(leg) for leg in call["legs"]),
        "agent": call["agent"] and call["agent"]["name"],
        "keys": [visit["input"] for visit in call["ivr_path"] if visit["input"]],
        "answered_at": call["answered_at"],
        "wait_seconds": call["wait_seconds"],
        "talk_seconds": call["talk_seconds"],
    }


def _told_leg(leg: Mapping[str, Any]) -> tuple[str, ...]:
    names = ("carrier_sid", "target", "status", "rang_at", "answered_at", "ended_at")
    agent = leg["agent"]["name"] if leg["agent"] else ""
    return (*(str(leg[name]) for name in names), agent)


def true_story(carrier: Carrier, truth: CallTruth, staff: Mapping[str, str]) -> dict[str, Any]:
    """The same as it really was; `staff`: whose number is whose."""
    who = {number: name for name, number in staff.items()}
    spoke = {talk.leg_sid for talk in truth.conversations}
    talked = [leg for leg in truth.legs if leg.sid in spoke]
    answered = _second(talked[0].answered) if talked else None
    return {
        "legs": sorted(_true_leg(carrier, leg, leg.sid in spoke, who) for leg in truth.legs),
        "agent": who.get(talked[0].to) if talked else None,
        "keys": _keys(truth),
        "answered_at": rfc3339(answered),
        "wait_seconds": _waited(truth, answered),
        # as the carrier counts: from picking up, so that pressing 1 to accept is part of it
        "talk_seconds": sum(leg.seconds for leg in talked),
    }


def _keys(truth: CallTruth) -> list[str]:
    """What was pressed in menus; agreeing to a call back is no menu."""
    asked = [one.at for one in truth.heard if any(words in _said(one) for words in ABOUT_CALLING_BACK)]
    return [one.keys for one in truth.pressed if not asked or one.at <= min(asked)]


def _said(heard: HeardSound) -> str:
    return heard.sound.text + heard.sound.url


def _true_leg(carrier: Carrier, leg: LegTruth, spoke: bool, who: Mapping[str, str]) -> tuple[str, ...]:
    answered, ended = _second(leg.answered) if spoke else None, _second(leg.ended)
    times = (_rang(carrier, leg), answered, ended)
    told = (str(rfc3339(at)) for at in times)
    return (leg.sid, leg.to, leg.status.replace("-", "_"), *told, who.get(leg.to, ""))


def _rang(carrier: Carrier, leg: LegTruth) -> datetime:
    rang = _second(leg.started + timedelta(seconds=carrier.state.settings.setup_delay))
    assert rang is not None
    return rang


def _waited(truth: CallTruth, answered: datetime | None) -> int:
    """From the first telephone's dialling, and in queues before: the menu's end the carrier never tells."""
    dialled = min((leg.started for leg in truth.legs), default=None)
    before = [wait for wait in truth.queue_stays if dialled is None or wait.end <= dialled]
    queued = sum(round((wait.end - wait.start).total_seconds()) for wait in before)
    since, until = _second(dialled), answered or _second(truth.root.ended)
    assert until is not None
    return queued + (round((until - since).total_seconds()) if since else 0)


def _second(moment: datetime | None) -> datetime | None:
    """As the carrier writes times: in whole seconds."""
    return moment.replace(microsecond=0) if moment else None
