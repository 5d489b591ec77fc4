"""What the carrier lists and the ledger lacks, as events like any other: the same fold mends the history."""

from collections.abc import Collection, Mapping
from datetime import datetime

from callcrm.carrier.resources import CarrierCall, CarrierRecording
from callcrm.ledger.event_store import Event, event_key
from callcrm.ledger.facts import RECORDING, STATUS, Facts
from callcrm.ledger.order import STATUS_RANK

LISTED = "listed"  # where these events come from
TOLD = ("completed", "absent", "failed")  # what is worth knowing of a recording


def missing_call_events(
    call: CarrierCall, known: Collection[str], agents: Mapping[str, str], account: str, now: datetime
) -> list[Event]:
    """The events of a leg that should have come: its beginning if nothing did, and where it stands now.

    `known` are the statuses the ledger has of it, `agents` tells whose phone an address is.
    """
    if call.status is None:
        return []
    missing = []
    if not known and call.created_at and call.status != "initiated":
        missing.append(_status(call, "initiated", call.created_at, agents, account, now))
    reached = max((STATUS_RANK.get(status, 0) for status in known), default=-1)
    if STATUS_RANK[call.status] > reached:
        missing.append(_status(call, call.status, _when(call), agents, account, now))
    return missing


def _when(call: CarrierCall) -> datetime | None:
    return call.ended_at or call.started_at or call.created_at


def _status(
    call: CarrierCall,
    status: str,
    at: datetime | None,
    agents: Mapping[str, str],
    account: str,
    now: datetime,
) -> Event:
    rung = call.to if call.parent else None
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
        agent=agents.get(rung) if rung else None,
        target=rung,
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
    recording: CarrierRecording, known: Collection[str], account: str, now: datetime
) -> Event | None:
    """The event of a recording that should have come; None if it came, or there is nothing to tell yet."""
    if recording.status not in TOLD or "completed" in known or recording.status in known:
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
    """The end of a call the carrier no longer knows of: when we last heard of it, for want of better."""
    facts = Facts(kind=STATUS, leg=sid, received_at=last_heard, status="failed")
    return Event(
        key=event_key(account, LISTED, sid, [("status", "vanished")]),
        account=account,
        root_sid=sid,
        sid=sid,
        kind="status",
        received_at=last_heard,
        data={"source": LISTED, "status": "not found"},
        facts=facts,
    )
