"""The projection: from a folded history to the rows of a call, its legs, recordings, agents and promise."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from callcrm.agents import states
from callcrm.calls import pops
from callcrm.calls.call_ended import enqueue_call_ended
from callcrm.calls.ingest import call_rows
from callcrm.calls.runtime import CallRuntime
from callcrm.customers import identity
from callcrm.ledger.event_store import Event
from callcrm.ledger.facts import Facts
from callcrm.ledger.fold import FoldedCall
from callcrm.ledger.legs import FoldedLeg
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import CallState, Direction
from callcrm.recordings import pending


def project(
    session: Session,
    runtime: CallRuntime,
    event: Event,
    history: FoldedCall,
    row: call_rows.CallRow | None,
    now: datetime,
    *,
    anew: bool = False,
) -> None:
    """Writes the rows that differ from the history, and announces the call to the screens concerned.

    `anew`: the call may have legs that its history no longer has.
    """
    call = call_rows.call_id(event.root_sid)
    values = call_values(runtime, event.root_sid, call, history) | {call_rows.HEARD: now}
    if row is None:
        changed = call_rows.insert_call(
            session, values, caller=identity.others(values["phone"], runtime.own_numbers)
        )
    else:
        _identify(session, runtime, row, values)
        changed = call_rows.write(session, row, values)
    if history.legs or anew:
        legs = leg_values(call, history.legs)
        changed |= call_rows.write_legs(session, call, legs, replacing=row is not None)
    pending.save_recordings(
        session, call, history.recordings, history.started_at, now, changed_sid=event.facts.recording
    )
    _agents(session, call, event.facts, history, now)
    # What changes nothing of an ended call, as most callbacks after its end, has no consequences either.
    if history.state == CallState.ENDED and (changed or event.facts.call_back):
        enqueue_call_ended(session, call, event.key, now)
    if changed:
        _tell(session, call, history, row)


def call_values(runtime: CallRuntime, root_sid: str, call: str, history: FoldedCall) -> dict[str, Any]:
    """The derived columns of a call."""
    from_e164, to_e164 = runtime.to_e164(history.from_raw), runtime.to_e164(history.to_raw)
    return {
        "id": call,
        "carrier": "twilio",
        "carrier_sid": root_sid,
        "direction": history.direction,
        "from_raw": _short(history.from_raw),
        "to_raw": _short(history.to_raw),
        "from_e164": from_e164,
        "to_e164": to_e164,
        "phone": to_e164 if history.direction == Direction.OUTBOUND else from_e164,
        "state": history.state,
        "outcome": history.outcome,
        "agent_id": history.agent,
        "queue": history.queue,
        "language": history.language,
        "ivr_path": [{"node": node, "input": keys} for node, keys in history.ivr_path],
        "started_at": history.started_at,
        "queued_at": history.queued_at,
        "answered_at": history.answered_at,
        "ended_at": history.ended_at,
        "wait_seconds": history.wait_seconds,
        "talk_seconds": history.talk_seconds,
        "duration_seconds": history.duration_seconds,
        "answered_by": history.answered_by,
    }


def leg_values(call: str, legs: Sequence[FoldedLeg]) -> list[dict[str, Any]]:
    """The rows of a call's legs, in the order of ringing."""
    return [
        {
            "carrier_sid": leg.sid,
            "call_id": call,
            "position": position,
            "agent_id": leg.agent,
            "target": _short(leg.target),
            "rang_at": leg.rang_at,
            "answered_at": leg.answered_at,
            "ended_at": leg.ended_at,
            "status": leg.status,
        }
        for position, leg in enumerate(legs)
    ]


def _short(text: str | None) -> str | None:
    return text[:255] if text is not None else None


def _identify(session: Session, runtime: CallRuntime, row: call_rows.CallRow, values: dict[str, Any]) -> None:
    """Sets the customer whose number it is, if it is one's alone and nobody has chosen another."""
    if row["identified_by"] or row["phone"] == values["phone"] or not values["phone"]:
        return
    customer = identity.resolve(session, values["phone"], runtime.own_numbers)
    values |= {"customer_id": customer, "identified_by": "number" if customer else None}


def _agents(session: Session, call: str, facts: Facts, history: FoldedCall, now: datetime) -> None:
    """Changes the state of the agents this event is about, if this call has claimed them.

    Of an agent who was rung twice only the newest leg counts: a late callback of the first must not end it.
    """
    ended = history.state == CallState.ENDED
    for agent, leg in {leg.agent: leg for leg in history.legs if leg.agent}.items():
        if ended or leg.sid in (facts.leg, facts.dialled_leg):
            _move(session, call, agent, leg, now, over=ended or bool(facts.dialled_leg))
    if ended and history.claimed:
        states.release_call(session, call, now)


def _move(session: Session, call: str, agent: str, leg: FoldedLeg, now: datetime, *, over: bool) -> None:
    if over or leg.ended_at:
        states.release(session, agent, call, now, spoke=leg.spoke)
    elif leg.live:
        states.mark_on_call(session, agent, call, now)


def _tell(session: Session, call: str, history: FoldedCall, row: call_rows.CallRow | None) -> None:
    ended = history.state == CallState.ENDED
    rung = {leg.agent for leg in history.legs if leg.agent}
    if history.claimed and row is not None and (ended or row["queue"]):
        rung |= pops.agents(session, call)
    if history.agent:
        rung.add(history.agent)
    announce(session, LiveKind.CALL_ENDED if ended else LiveKind.CALL_UPDATED, call, to=sorted(rung))
    for queue in _queue_of(row) ^ _queue_of({"state": history.state, "queue": history.queue}):
        announce(session, LiveKind.QUEUE_UPDATED, queue)


def _queue_of(row: Mapping[str, Any] | None) -> set[str]:
    """The queue a waiting call is in; None for any other call."""
    return {row["queue"]} if row and row["state"] == CallState.QUEUED and row["queue"] else set()
