"""What the API must say of a call, derived from what really happened at the carrier."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from callcrm.base.clock import rfc3339
from callcrm.simulator.carrier import Carrier
from callcrm.simulator.ground_truth import CallTruth, HeardSound, LegTruth

CALL_BACK_ARRANGED = ("Thank you. We will call you back.", "/callback-thanks.wav")
CALL_BACK_OFFERED = ("We will call you back on this number.", "/callback-confirm.wav", "/callback-wait.wav")
DIRECTIONS = {"inbound": "inbound", "outbound-api": "outbound"}


def api_outline(call: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a call in the API that the carrier's own resources decide: outcome, times, recordings."""
    names = ("direction", "outcome", "state", "from_raw", "to", "started_at", "ended_at", "duration_seconds")
    recordings = sorted((recording["carrier_sid"], recording["kind"]) for recording in call["recordings"])
    return {name: call[name] for name in names} | {"recordings": recordings}


def true_outline(carrier: Carrier, truth: CallTruth) -> dict[str, Any]:
    """What api_outline must return."""
    root, ended = truth.root, _whole_second(truth.root.ended)
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
    """The outcome the call must have."""
    if truth.conversations:
        return "answered"
    if truth.voicemails:
        return "voicemail"
    if any(
        words in _content(heard_sound) for heard_sound in truth.heard_sounds for words in CALL_BACK_ARRANGED
    ):
        return "callback"
    return "abandoned"


def _recordings(carrier: Carrier, truth: CallTruth) -> list[tuple[str, str]]:
    """All but those of callers who said nothing into the recorder."""
    recordings = [carrier.state.recordings.by_sid[sid] for sid in truth.recordings]
    kinds = [
        (recording.sid, "voicemail" if recording.source == "RecordVerb" else "call")
        for recording in recordings
    ]
    return sorted((sid, kind) for sid, kind in kinds if kind == "call" or sid in truth.voicemails)


def api_details(call: Mapping[str, Any]) -> dict[str, Any]:
    """The rest of a call in the API: who was rung, who spoke, what was pressed, how long it took."""
    return {
        "legs": sorted(_api_leg(leg) for leg in call["legs"]),
        "agent": call["agent"] and call["agent"]["name"],
        "keys": [visit["input"] for visit in call["ivr_path"] if visit["input"]],
        "answered_at": call["answered_at"],
        "wait_seconds": call["wait_seconds"],
        "talk_seconds": call["talk_seconds"],
    }


def _api_leg(leg: Mapping[str, Any]) -> tuple[str, ...]:
    names = ("carrier_sid", "target", "status", "rang_at", "answered_at", "ended_at")
    agent = leg["agent"]["name"] if leg["agent"] else ""
    return (*(str(leg[name]) for name in names), agent)


def true_details(carrier: Carrier, truth: CallTruth, staff: Mapping[str, str]) -> dict[str, Any]:
    """What api_details must return; `staff` are the agents' numbers by name."""
    names = {number: name for name, number in staff.items()}
    spoke = {talk.leg_sid for talk in truth.conversations}
    talked = [leg for leg in truth.legs if leg.sid in spoke]
    answered = _whole_second(talked[0].answered) if talked else None
    return {
        "legs": sorted(_true_leg(carrier, leg, leg.sid in spoke, names) for leg in truth.legs),
        "agent": names.get(talked[0].to) if talked else None,
        "keys": _keys(truth),
        "answered_at": rfc3339(answered),
        "wait_seconds": _wait_seconds(truth, answered),
        # as the carrier counts: from picking up, so the screening is part of it
        "talk_seconds": sum(leg.seconds for leg in talked),
    }


def _keys(truth: CallTruth) -> list[str]:
    """The keys pressed in menus: not where a call back is offered, or a mark asked for."""
    ends = [conversation.start for conversation in truth.conversations]
    ends += [
        heard_sound.at
        for heard_sound in truth.heard_sounds
        if any(words in _content(heard_sound) for words in CALL_BACK_OFFERED)
    ]
    return [pressed.keys for pressed in truth.pressed if not ends or pressed.at <= min(ends)]


def _content(heard_sound: HeardSound) -> str:
    return heard_sound.sound.text + heard_sound.sound.url


def _true_leg(carrier: Carrier, leg: LegTruth, spoke: bool, names: Mapping[str, str]) -> tuple[str, ...]:
    answered, ended = _whole_second(leg.answered) if spoke else None, _whole_second(leg.ended)
    times = (_rang(carrier, leg), answered, ended)
    texts = (str(rfc3339(at)) for at in times)
    return (leg.sid, leg.to, leg.status.replace("-", "_"), *texts, names.get(leg.to, ""))


def _rang(carrier: Carrier, leg: LegTruth) -> datetime:
    rang = _whole_second(leg.started + timedelta(seconds=carrier.state.settings.setup_delay))
    assert rang is not None
    return rang


def _wait_seconds(truth: CallTruth, answered: datetime | None) -> int:
    """From the first dialling, plus the time in queues before: the carrier does not report the menu's end."""
    dialled = min((leg.started for leg in truth.legs), default=None)
    before = [wait for wait in truth.queue_stays if dialled is None or wait.end <= dialled]
    queued = sum(round((wait.end - wait.start).total_seconds()) for wait in before)
    since, until = _whole_second(dialled), answered or _whole_second(truth.root.ended)
    assert until is not None
    return queued + (round((until - since).total_seconds()) if since else 0)


def _whole_second(time: datetime | None) -> datetime | None:
    """A time as the carrier writes it, in whole seconds."""
    return time.replace(microsecond=0) if time else None
