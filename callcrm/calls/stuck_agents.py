"""Agents whom a call holds that is over, or may be: the carrier is asked, and they are set free.

A conversation that goes on holds its agent whoever wants them free: they would be rung in the middle of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlmodel import Session, col, select

from callcrm.agents import states
from callcrm.base.errors import Unavailable
from callcrm.calls import reconciliation
from callcrm.calls.outgoing.click_to_call import Services
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.errors import CarrierRefused
from callcrm.carrier.reconcile import missing_call_events
from callcrm.carrier.resources import CarrierCall
from callcrm.models import Agent, Call, Leg

log = structlog.get_logger()
LOOK_UP_SECONDS = 4.0  # somebody waits for the answer
SILENCE = timedelta(seconds=30)  # the carrier lists a new call a moment after its first request


@dataclass(frozen=True, slots=True)
class StuckCall:
    """A call that holds an agent and does not go on, as far as the carrier can tell.

    `sid` is None for one that was never placed; `unknown`: the carrier says it knows none; `over` are its
    legs that have ended. With none of it the carrier could not be asked.
    """

    call_id: str
    sid: str | None = None
    unknown: bool = False
    over: tuple[CarrierCall, ...] = ()


async def look_up(services: Services, agent_id: str, *, trusted: bool) -> StuckCall | None:
    """The call the agent is to be freed from; None if none holds them, or it goes on.

    `trusted`: whoever wants them free is believed where the carrier cannot be asked.
    """
    held = await services.store.read(partial(_holding_call, agent_id=agent_id))
    if held is None:
        return None
    call_id, sids = held
    if not sids:
        return StuckCall(call_id) if trusted else None
    try:
        async with services.clock.timeout(LOOK_UP_SECONDS):
            answers = [await services.rest_client.fetch_call(sid) for sid in sids]
    except (Unavailable, CarrierRefused, TimeoutError) as fault:
        log.warning("the carrier could not be asked about a call", call=sids[0], fault=type(fault).__name__)
        return StuckCall(call_id, sids[0]) if trusted else None
    root, legs = answers[0], [leg for leg in answers if leg]
    if root is None:
        return StuckCall(call_id, sids[0], unknown=True)
    ended = tuple(leg for leg in legs if leg.ended_at)
    # The caller may be on the line still, and this agent's own leg over: its end was lost.
    is_over = root.ended_at is not None or (len(answers) > 1 and all(leg.ended_at for leg in legs[1:]))
    return StuckCall(call_id, sids[0], over=ended) if is_over else None


def _holding_call(session: Session, agent_id: str) -> tuple[str, list[str]] | None:
    """The id of the call that has claimed the agent; its SID and those of the agent's legs that live."""
    row = session.exec(
        select(Agent.call_id, Call.carrier_sid)
        .join(Call, col(Call.id) == col(Agent.call_id), isouter=True)
        .where(Agent.id == agent_id, col(Agent.call_id).is_not(None))
    ).first()
    if row is None or row[0] is None:
        return None
    call_id, sid = row
    of_agent = (col(Leg.call_id) == call_id, col(Leg.agent_id) == agent_id, col(Leg.ended_at).is_(None))
    legs = session.exec(select(Leg.carrier_sid).where(*of_agent)).all()
    return call_id, list(dict.fromkeys((sid, *legs))) if sid else []


def apply_state(
    session: Session,
    runtime: CallRuntime,
    stuck: StuckCall | None,
    agent_id: str,
    state: str,
    *,
    now: datetime,
    by: str | None,
) -> None:
    """Puts the agent into the state: at once if no call goes on that holds them, else for afterwards. A stuck
    call's history is completed by what the carrier said.
    """
    if stuck is not None:
        _complete(session, runtime, stuck, now)
    if stuck is None or not states.free(session, agent_id, stuck.call_id, state, now, by):
        states.set_state(session, agent_id, state, now, by)


def _complete(session: Session, runtime: CallRuntime, stuck: StuckCall, now: datetime) -> None:
    if stuck.unknown and stuck.sid:
        reconciliation.end_vanished(session, runtime, stuck.sid, silent_since=now - SILENCE, now=now)
    statuses = reconciliation.statuses(session, stuck.over)
    agents = reconciliation.addresses(session) if stuck.over else {}
    account = runtime.settings.account_sid
    for leg in stuck.over:
        if events := missing_call_events(leg, statuses.get(leg.sid, ()), agents, account, now):
            reconciliation.fill(session, runtime, events, now)


async def set_state(services: Services, agent_id: str, state: str, *, by: str, trusted: bool) -> None:
    """Puts the agent into the state: at once if no call goes on that holds them, else for afterwards."""
    stuck = await look_up(services, agent_id, trusted=trusted)
    await services.store.write(
        partial(
            apply_state,
            runtime=services.runtime,
            stuck=stuck,
            agent_id=agent_id,
            state=state,
            now=services.clock.now(),
            by=by,
        )
    )
