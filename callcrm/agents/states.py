"""The state of each agent, changed by compare-and-set alone: at most one call has claimed an agent.

    offline, break <-> available -> ringing -> on_call -> wrap_up -> available (or `next_state`)
                                       └─ not answered ─> available (or `next_state`)

Every verb may be repeated or come too late without harm: its UPDATE matches only an agent who is still in the
state it expects, with the call it is about.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, exists, false, func, null, or_, true
from sqlmodel import Session, col, select, update

from callcrm.agents import state_log
from callcrm.base.errors import NotFound, Refused
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Agent, AgentState, Call, CallState
from callcrm.models.conventions import table_of

AGENT = table_of(Agent)
WRAP_UP = timedelta(seconds=30)
WRAP_UP_EXTENSION = timedelta(minutes=1)  # each time the agent asks for it
LONGEST_WRAP_UP = timedelta(minutes=10)
LONGEST_RING = timedelta(minutes=2)  # longer than any Dial of ours
SELECTABLE = (AgentState.AVAILABLE, AgentState.BREAK, AgentState.OFFLINE)
CLAIMED = (AgentState.RINGING, AgentState.ON_CALL)


def claim(session: Session, agent_id: str, call_id: str, now: datetime) -> bool:
    """Claims an available agent for the call: ringing from now on. False if another call was first, the agent
    is not available, or the call has ended.
    """
    ended = exists().where(col(Call.id) == call_id, col(Call.state) == CallState.ENDED)
    free = (
        col(Agent.id) == agent_id,
        col(Agent.state) == AgentState.AVAILABLE,
        col(Agent.call_id).is_(None),
        ~ended,
    )
    return bool(_update_agents(session, free, state=AgentState.RINGING, call_id=call_id, since=now))


def claim_for_outbound(session: Session, agent_id: str, call_id: str, now: datetime) -> bool:
    """Claims an agent for a call they make themselves, in whatever state they are; False if another call has
    claimed them. From a break, or offline, they return to it after the call.
    """
    idle = (
        col(Agent.id) == agent_id,
        col(Agent.state).not_in(CLAIMED),
        col(Agent.call_id).is_(None),
    )
    away = col(Agent.state).in_((AgentState.BREAK, AgentState.OFFLINE))
    afterwards = case((away, col(Agent.state)), else_=col(Agent.next_state))
    ringing = {"state": AgentState.RINGING, "call_id": call_id, "since": now}
    return bool(_update_agents(session, idle, **ringing, next_state=afterwards, wrap_up_until=null()))


def mark_on_call(session: Session, agent_id: str, call_id: str, now: datetime) -> bool:
    """Moves the agent from ringing for this call to on call; False if they were not ringing for it."""
    rung = (
        col(Agent.id) == agent_id,
        col(Agent.call_id) == call_id,
        col(Agent.state) == AgentState.RINGING,
    )
    return bool(_update_agents(session, rung, state=AgentState.ON_CALL, since=now))


def release(session: Session, agent_id: str, call_id: str, now: datetime, *, spoke: bool) -> bool:
    """Releases the agent from this call: to wrap-up if they spoke, else to available (or `next_state`), where
    they are now the last to become idle. False if the call had not claimed them.
    """
    held = (col(Agent.id) == agent_id, col(Agent.call_id) == call_id)
    return bool(_update_agents(session, held, **_released(true() if spoke else false(), now)))


def release_call(session: Session, call_id: str, now: datetime, *, spoke: bool = False) -> int:
    """Releases all agents of this call and returns how many: to wrap-up those who were on call, or, with
    `spoke`, all of them, since the callback of their answer may have been lost.
    """
    held = (col(Agent.call_id) == call_id,)
    had_spoken = true() if spoke else col(Agent.state) == AgentState.ON_CALL
    return len(_update_agents(session, held, **_released(had_spoken, now)))


def release_stale(session: Session, now: datetime) -> int:
    """Releases agents of calls that have ended, or who have been ringing for longer than anybody rings: the
    callback of the end was lost. Returns how many.
    """
    ended = select(Call.id).where(Call.state == CallState.ENDED, Call.id == Agent.call_id).exists()
    rang_too_long = (col(Agent.state) == AgentState.RINGING) & (col(Agent.since) < now - LONGEST_RING)
    held = (col(Agent.call_id).is_not(None), or_(ended, rang_too_long))
    return len(_update_agents(session, held, **_released(col(Agent.state) == AgentState.ON_CALL, now)))


def end_wrap_ups(session: Session, now: datetime) -> int:
    """Ends wrap-ups whose time is over, and returns how many: to `next_state`, else available."""
    over = (col(Agent.state) == AgentState.WRAP_UP, col(Agent.wrap_up_until) <= now)
    next_state = func.coalesce(col(Agent.next_state), AgentState.AVAILABLE)
    return len(
        _update_agents(session, over, state=next_state, since=now, next_state=null(), wrap_up_until=null())
    )


def finish_wrap_up(session: Session, agent_id: str, now: datetime) -> None:
    """Ends the agent's wrap-up early: to `next_state`, else available."""
    in_wrap_up = (col(Agent.id) == agent_id, col(Agent.state) == AgentState.WRAP_UP)
    next_state = func.coalesce(col(Agent.next_state), AgentState.AVAILABLE)
    _update_agents(session, in_wrap_up, state=next_state, since=now, next_state=null(), wrap_up_until=null())


def extend_wrap_up(session: Session, agent_id: str, now: datetime) -> None:
    """Extends the agent's wrap-up by a minute, up to ten in all."""
    agent = session.get(Agent, agent_id)
    if agent is None or agent.state != AgentState.WRAP_UP or agent.wrap_up_until is None:
        return
    until = min(max(agent.wrap_up_until, now) + WRAP_UP_EXTENSION, agent.since + LONGEST_WRAP_UP)
    unchanged = (col(Agent.id) == agent_id, col(Agent.wrap_up_until) == agent.wrap_up_until)
    _update_agents(session, unchanged, wrap_up_until=until)


def set_state(session: Session, agent_id: str, state: str, now: datetime, by: str | None = None) -> None:
    """Sets a state the agent chose, or `by` did for them; while ringing or on call it is set for afterwards.
    Refused for a state that calls set, NotFound for a user who is no agent.
    """
    if state not in SELECTABLE:
        raise Refused("an agent may choose %(states)s", field="state", states=", ".join(SELECTABLE))
    busy = col(Agent.state).in_(CLAIMED)
    # A call ends in "available" unless told otherwise: there `next_state` is NULL.
    next_state = null() if state == AgentState.AVAILABLE else state
    same = case(
        (busy, col(Agent.next_state).is_not_distinct_from(next_state)), else_=col(Agent.state) == state
    )
    changed = _update_agents(
        session,
        (col(Agent.id) == agent_id, ~same),
        state=case((busy, col(Agent.state)), else_=state),
        since=case((busy, col(Agent.since)), else_=now),
        next_state=case((busy, next_state), else_=null()),
        wrap_up_until=null(),
        version=col(Agent.version) + 1,
    )
    if changed:
        state_log.record_change(session, agent_id, state, now, by)
    elif session.get(Agent, agent_id) is None:
        raise NotFound("there is no such agent", field="agent")


def free(session: Session, agent_id: str, call_id: str, state: str, now: datetime, by: str | None) -> bool:
    """Takes the agent out of this call, into a state that agents choose; False if it has not claimed them.

    The call itself is left as it is: it is over, or nobody can tell.
    """
    if state not in SELECTABLE:
        raise Refused("an agent may choose %(states)s", field="state", states=", ".join(SELECTABLE))
    claimed = (col(Agent.id) == agent_id, col(Agent.call_id) == call_id)
    idle = {"state": state, "since": now, "call_id": null(), "next_state": null(), "wrap_up_until": null()}
    if not _update_agents(session, claimed, **idle, version=col(Agent.version) + 1):
        return False
    state_log.record_change(session, agent_id, state, now, by)
    return True


def _released(had_spoken: ColumnElement[bool], now: datetime) -> dict[str, Any]:
    return {
        "state": case(
            (had_spoken, AgentState.WRAP_UP), else_=func.coalesce(col(Agent.next_state), AgentState.AVAILABLE)
        ),
        "next_state": case((had_spoken, col(Agent.next_state)), else_=null()),
        "wrap_up_until": case((had_spoken, now + WRAP_UP), else_=null()),
        "call_id": null(),
        "since": now,
    }


def _update_agents(session: Session, where: tuple[ColumnElement[bool], ...], **values: Any) -> list[str]:
    """Sets these values on the agents who meet the conditions, announces them and returns their ids.

    The conditions are part of the UPDATE: of two calls at once only one finds its agent available.
    """
    if session.identity_map:  # the verb may hold one of them
        statement = update(Agent).where(*where).values(**values).returning(col(Agent.id))
        rows = session.exec(statement, execution_options={"synchronize_session": "fetch"})
    else:
        statement = update(AGENT).where(*where).values(**values).returning(AGENT.c.id)
        rows = session.connection().execute(statement)
    updated = list(rows.scalars())
    for agent_id in updated:
        announce(session, LiveKind.AGENT_UPDATED, agent_id, to=[agent_id])
    return updated
