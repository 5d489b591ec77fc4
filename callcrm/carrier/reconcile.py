"""What the carrier lists and the ledger lacks, as events like any other: the same fold mends the history.

The carrier gives a callback up after 15 s, so what happened while we were down has to be asked for.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from callcrm.carrier.resources import CarrierCall, CarrierRecording
from callcrm.ledger.event_store import Event, event_key
from callcrm.ledger.facts import RECORDING, STATUS, Facts
from callcrm.ledger.order import STATUS_RANK

LISTED = "listed"  # the source of these events, in place of a webhook's path
FINAL_RECORDING = ("completed", "absent", "failed")


def missing_call_events(
    call: CarrierCall,
    kept_statuses: Collection[str],
    agents: Mapping[str, str],
    account: str,
    now: datetime,
) -> list[Event]:
    """The events of a leg that should have come: its beginning if nothing did, and where it stands now.

    `kept_statuses` are those the ledger has of it, `agents` maps an address to the agent whose phone it is.
    """
    if call.status is None:
        return []
    missing = []
    if not kept_statuses and call.created_at and call.status != "initiated":
        missing.append(_status_event(call, "initiated", call.created_at, agents, account, now))
    highest_kept = max((STATUS_RANK.get(status, 0) for status in kept_statuses), default=-1)
    if STATUS_RANK[call.status] > highest_kept:
        missing.append(_status_event(call, call.status, _latest_time(call), agents, account, now))
    return missing


def _latest_time(call: CarrierCall) -> datetime | None:
    return call.ended_at or call.started_at or call.created_at


def _status_event(
    call: CarrierCall,
    status: str,
    at: datetime | None,
    agents: Mapping[str, str],
    account: str,
    now: datetime,
) -> Event:
    target = call.to if call.parent else None  # a leg without a parent is the caller's own
    facts = Facts(
        kind=STATUS,
        leg=call.sid,
        parent=call.parent,
        at=at,
        received_at=now,
        status=status,
        seconds=call.seconds if status == call.status else None,
        direction=call.direction,
        from_=call.from_,
        to=call.to,
        agent=agents.get(target) if target else None,
        target=target,
    )
    return Event(
        key=event_key(account, LISTED, call.sid, [("status", status)]),
        account=account,
        root_sid=call.parent or call.sid,
        sid=call.sid,
        kind="leg" if call.parent else "status",
        received_at=now,
        data={"source": LISTED, **call.payload},
        facts=facts,
    )


def missing_recording_event(
    recording: CarrierRecording, kept_statuses: Collection[str], account: str, now: datetime
) -> Event | None:
    """The event of a recording that should have come; None if it did come, or the recording is not final."""
    is_kept = "completed" in kept_statuses or recording.status in kept_statuses
    if is_kept or recording.status not in FINAL_RECORDING:
        return None
    facts = Facts(
        kind=RECORDING,
        leg=recording.call_sid,
        at=recording.created_at,
        received_at=now,
        seconds=recording.seconds,
        recording=recording.sid,
        recording_kind="voicemail" if recording.voicemail else "call",
        recording_status=recording.status,
        channels=recording.channels,
    )
    return Event(
        key=event_key(account, LISTED, recording.sid, [("status", recording.status)]),
        account=account,
        root_sid=recording.call_sid,
        sid=recording.sid,
        kind="recording",
        received_at=now,
        data={"source": LISTED, **recording.payload},
        facts=facts,
    )


def vanished_call_event(sid: str, account: str, last_heard: datetime) -> Event:
    """The end of a call the carrier does not know, at the time of its last event for want of a better."""
    facts = Facts(kind=STATUS, leg=sid, received_at=last_heard, status="failed", presumed=True)
    return Event(
        key=event_key(account, LISTED, sid, [("status", "vanished"), ("after", last_heard.isoformat())]),
        account=account,
        root_sid=sid,
        sid=sid,
        kind="status",
        received_at=last_heard,
        data={"source": LISTED, "status": "not found"},
        facts=facts,
    )
