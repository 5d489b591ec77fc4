"""Dial requests: stored before the carrier is requested to call, so that no response of it is lost."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from callcrm.agents import roster, states
from callcrm.agents.ring_target import target_for
from callcrm.base.errors import Conflict, Refused
from callcrm.base.ids import new_id
from callcrm.calls import pops
from callcrm.calls.ingest import call_rows, ingest
from callcrm.calls.outgoing import conduct_limits, limits
from callcrm.calls.outgoing.allowed_numbers import country_of
from callcrm.calls.outgoing.destinations import destination
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.rest import dial_address
from callcrm.ledger.event_store import Event, event_key
from callcrm.ledger.facts import PLACED, Facts
from callcrm.models import Agent, DialChannel, DialRequest, DialStatus, Direction
from callcrm.store.postgres.serialize import serialize

RINGS_YET = timedelta(minutes=3)  # how long after asking the agent's phone may still be picked up
SKEW = timedelta(minutes=1)  # between the carrier's clock and ours
OPEN = (DialStatus.REQUESTED, DialStatus.UNKNOWN)


def create(
    session: Session,
    runtime: CallRuntime,
    *,
    to: str,
    agent_id: str,
    by: str | None,
    now: datetime,
    override: str = "",
) -> DialRequest:
    """A new dial request, its agent claimed; to be run under LOCK. Refused, Conflict or TooMany. `override`
    is a supervisor's reason to ring a customer whom conduct leaves to somebody else.
    """
    if not runtime.settings.numbers:
        raise Refused("no number of ours to call from is configured (CALLCRM_NUMBERS)")
    number = destination(runtime, to)
    agent, user = roster.get_agent(session, agent_id)
    target = target_for(agent, user, now)
    if target is None:
        raise Conflict("the agent has neither a live softphone nor a phone number", field="agent")
    if user.number == number:
        raise Refused("this is the agent's own phone", field="to")
    conduct_limits.check(session, number, agent_id, by=by, override=override, now=now)
    limits.check(session, runtime.settings, agent_id, now)
    dial_request = DialRequest(
        id=new_id("place", now),
        agent_id=agent_id,
        by_id=by,
        target=dial_address(target),
        to_e164=number,
        created_at=now,
        country=country_of(number),
    )
    if not states.claim_for_outbound(session, agent_id, dial_request.id, now):
        raise Conflict("the agent is busy with a call", field="agent")
    session.add(dial_request)
    session.flush()
    return dial_request


def record_dialled(
    session: Session, runtime: CallRuntime, *, to: str, agent_id: str, sid: str, now: datetime
) -> str:
    """The number (E.164) an agent who dials in the browser may have rung, now counted. Refused or TooMany.

    A repetition of the same call is counted once; what was allowed then is allowed still.
    """
    stored = session.exec(select(DialRequest).where(DialRequest.carrier_sid == sid)).first()
    if stored is not None:
        return stored.to_e164
    number = destination(runtime, to)
    conduct_limits.check(session, number, agent_id, by=agent_id, override="", now=now)
    serialize(session, limits.LOCK)
    limits.check(session, runtime.settings, agent_id, now)
    dialled = DialRequest(
        id=new_id("place", now),
        agent_id=agent_id,
        by_id=agent_id,
        target=f"client:{agent_id}",
        to_e164=number,
        status=DialStatus.PLACED,
        carrier_sid=sid,
        created_at=now,
        channel=DialChannel.SOFTPHONE,
        country=country_of(number),
    )
    session.add(dialled)
    session.flush()
    return number


def record_placed(session: Session, runtime: CallRuntime, request_id: str, sid: str, now: datetime) -> str:
    """The id of the call that the request became, now that its carrier SID is known; idempotent."""
    dial_request = session.get(DialRequest, request_id, with_for_update=True, populate_existing=True)
    assert dial_request is not None, "a request is never deleted while it may ring"
    if dial_request.carrier_sid:
        return call_rows.call_id(dial_request.carrier_sid)
    dial_request.carrier_sid, dial_request.status = sid, DialStatus.PLACED
    session.add(dial_request)
    session.flush()
    call_id = call_rows.call_id(sid)
    # the agent was claimed by the wish, before there was a call
    claimed = (col(Agent.id) == dial_request.agent_id, col(Agent.call_id) == dial_request.id)
    rung = session.exec(update(Agent).where(*claimed).values(call_id=call_id)).rowcount
    ingest.record_callback(session, runtime, _event(runtime, dial_request, sid, now), now)
    if rung:
        pops.create_pop(session, call_id, dial_request.agent_id, now)
    return call_id


def _event(runtime: CallRuntime, dial_request: DialRequest, sid: str, now: datetime) -> Event:
    account = runtime.settings.account_sid
    facts = Facts(
        kind=PLACED,
        leg=sid,
        received_at=now,
        direction=Direction.OUTBOUND,
        from_=runtime.settings.numbers[0] if runtime.settings.numbers else None,
        to=dial_request.to_e164,
        agent=dial_request.agent_id,
        target=dial_request.target,
    )
    return Event(
        key=event_key(account, PLACED, "", [("dial_request", dial_request.id)]),
        account=account,
        root_sid=sid,
        sid=sid,
        kind=PLACED,
        received_at=now,
        data={"dial_request": dial_request.id, "to": dial_request.to_e164, "agent": dial_request.agent_id},
        facts=facts,
    )


def dial_request_for(
    session: Session, runtime: CallRuntime, sid: str, target: str | None, now: datetime
) -> DialRequest | None:
    """The dial request behind an outbound call, looked up by SID when the agent's leg is answered.

    If the carrier's response with the SID is still under way or was lost, it is found by the address that was
    rung, since an agent has one open request at a time; the SID is then bound to it.
    """
    bound = session.exec(select(DialRequest).where(DialRequest.carrier_sid == sid)).first()
    if bound is not None or target is None:
        return bound
    unbound = (
        select(DialRequest)
        .where(
            DialRequest.target == target,
            col(DialRequest.status).in_(OPEN),
            col(DialRequest.carrier_sid).is_(None),
        )
        .where(col(DialRequest.created_at).between(now - RINGS_YET, now + SKEW))
        .order_by(col(DialRequest.created_at).desc())
    )
    row = session.exec(unbound).first()
    if row is not None:
        record_placed(session, runtime, row.id, sid, now)
    return row


def mark_unknown(session: Session, request_id: str) -> None:
    """Records that the carrier gave no response: the call may be ringing, so the agent stays claimed."""
    _mark(session, request_id, DialStatus.UNKNOWN)


def mark_refused(session: Session, request_id: str, agent_id: str, now: datetime) -> None:
    """Records that the carrier certainly places no call, and releases the agent."""
    if _mark(session, request_id, DialStatus.REFUSED):
        states.release(session, agent_id, request_id, now, spoke=False)


def _mark(session: Session, request_id: str, status: DialStatus) -> bool:
    open_ = (col(DialRequest.id) == request_id, col(DialRequest.carrier_sid).is_(None))
    return bool(session.exec(update(DialRequest).where(*open_).values(status=status)).rowcount)
