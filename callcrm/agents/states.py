"""What each agent is doing, moved only by compare-and-set: one call at most ever has an agent.

    offline, break <-> available -> ringing -> on_call -> wrap_up -> available (or `next_state`)
                                       └─ not answered ─> available (or `next_state`)

Every verb may be repeated, and comes too late without harm: it moves only an agent who is still
where it expects, with the call it speaks of.
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

WRAP_UP = timedelta(seconds=30)
LONGER = timedelta(minutes=1)  # of wrap-up, each time it is asked for
LONGEST_WRAP_UP = timedelta(minutes=10)
LONGEST_RING = timedelta(minutes=2)  # the carrier rings for 20 s unless told otherwise
CHOSEN = (AgentState.AVAILABLE, AgentState.BREAK, AgentState.OFFLINE)
CLAIMED = (AgentState.RINGING, AgentState.ON_CALL)


def claim(session: Session, agent_id: str, call_id: str, now: datetime) -> bool:
    """Whether the call has won this agent, who is ringing from now on; an ended call wins nobody."""
    over = exists().where(col(Call.id) == call_id, col(Call.state) == CallState.ENDED)
    free = (
        col(Agent.id) == agent_id,
        col(Agent.state) == AgentState.AVAILABLE,
        col(Agent.call_id).is_(None),
        ~over,
    )
    return bool(_move(session, free, state=AgentState.RINGING, call_id=call_id, since=now))


def engage(session: Session, agent_id: str, call_id: str, now: datetime) -> bool:
    """Whether the agent, who is to make this call, is ringing for it now, whatever they were at but another
    call; one on a break or signed off is so again after it.
    """
    idle = (
        col(Agent.id) == agent_id,
        col(Agent.state).not_in(CLAIMED),
        col(Agent.call_id).is_(None),
    )
    away = col(Agent.state).in_((AgentState.BREAK, AgentState.OFFLINE))
    back = case((away, col(Agent.state)), else_=col(Agent.next_state))
    ringing = {"state": AgentState.RINGING, "call_id": call_id, "since": now}
    return bool(_move(session, idle, **ringing, next_state=back, wrap_up_until=null()))


def connected(session: Session, agent_id: str, call_id: str, now: datetime) -> bool:
    """Whether this moved the agent, rung for the call until now, to speaking."""
    rung = (
        col(Agent.id) == agent_id,
        col(Agent.call_id) == call_id,
        col(Agent.state) == AgentState.RINGING,
    )
    return bool(_move(session, rung, state=AgentState.ON_CALL, since=now))


def released(session: Session, agent_id: str, call_id: str, now: datetime, *, spoke: bool) -> bool:
    """Whether this freed the agent: to wrap-up if they spoke, else available, the last in turn."""
    held = (col(Agent.id) == agent_id, col(Agent.call_id) == call_id)
    return bool(_move(session, held, **_freed(true() if spoke else false(), now)))


def release_call(session: Session, call_id: str, now: datetime, *, spoke: bool = False) -> int:
    """How many agents this call still held; all are free of it now, to wrap-up whoever was speaking.

    `spoke`: they are known to have spoken, even if we were never told of the answer.
    """
    held = (col(Agent.call_id) == call_id,)
    spoken = true() if spoke else col(Agent.state) == AgentState.ON_CALL
    return len(_move(session, held, **_freed(spoken, now)))


def release_forgotten(session: Session, now: datetime) -> int:
    """How many agents an ended call still held, or a ring whose end we were never told."""
    ended = select(Call.id).where(Call.state == CallState.ENDED, Call.id == Agent.call_id).exists()
    rung_out = (col(Agent.state) == AgentState.RINGING) & (col(Agent.since) < now - LONGEST_RING)
    held = (col(Agent.call_id).is_not(None), or_(ended, rung_out))
    return len(_move(session, held, **_freed(col(Agent.state) == AgentState.ON_CALL, now)))


def end_wrap_ups(session: Session, now: datetime) -> int:
    """How many agents' wrap-up was over; they are available, or where they asked to be after it."""
    over = (col(Agent.state) == AgentState.WRAP_UP, col(Agent.wrap_up_until) <= now)
    after = func.coalesce(col(Agent.next_state), AgentState.AVAILABLE)
    return len(_move(session, over, state=after, since=now, next_state=null(), wrap_up_until=null()))


def done(session: Session, agent_id: str, now: datetime) -> None:
    """The agent has done with their last call: available, or where they asked to be after it."""
    wrapping = (col(Agent.id) == agent_id, col(Agent.state) == AgentState.WRAP_UP)
    after = func.coalesce(col(Agent.next_state), AgentState.AVAILABLE)
    _move(session, wrapping, state=after, since=now, next_state=null(), wrap_up_until=null())


def linger(session: Session, agent_id: str, now: datetime) -> None:
    """The agent's wrap-up lasts a minute longer, though never more than ten altogether."""
    agent = session.get(Agent, agent_id)
    if agent is None or agent.state != AgentState.WRAP_UP or agent.wrap_up_until is None:
        return
    until = min(max(agent.wrap_up_until, now) + LONGER, agent.since + LONGEST_WRAP_UP)
    same = (col(Agent.id) == agent_id, col(Agent.wrap_up_until) == agent.wrap_up_until)
    _move(session, same, wrap_up_until=until)


def set_state(session: Session, agent_id: str, state: str, now: datetime, by: str | None = None) -> None:
    """The agent is in this state, or will be when the call they are rung for or speak on lets them go.

    `by` is whoever chose it for them.
    """
    if state not in CHOSEN:
        raise Refused("an agent may choose %(states)s", field="state", states=", ".join(CHOSEN))
    busy = col(Agent.state).in_(CLAIMED)
    wish = null() if state == AgentState.AVAILABLE else state
    there = case((busy, col(Agent.next_state).is_not_distinct_from(wish)), else_=col(Agent.state) == state)
    moved = _move(
        session,
        (col(Agent.id) == agent_id, ~there),
        state=case((busy, col(Agent.state)), else_=state),
        since=case((busy, col(Agent.since)), else_=now),
        next_state=case((busy, wish), else_=null()),
        wrap_up_until=null(),
    )
    if moved:
        state_log.note(session, agent_id, state, now, by)
    elif session.get(Agent, agent_id) is None:
        raise NotFound("there is no such agent", field="agent")


def _freed(spoke: ColumnElement[bool], now: datetime) -> dict[str, Any]:
    return {
        "state": case(
            (spoke, AgentState.WRAP_UP), else_=func.coalesce(col(Agent.next_state), AgentState.AVAILABLE)
        ),
        "next_state": case((spoke, col(Agent.next_state)), else_=null()),
        "wrap_up_until": case((spoke, now + WRAP_UP), else_=null()),
        "call_id": null(),
        "since": now,
    }


def _move(session: Session, where: tuple[ColumnElement[bool], ...], **values: Any) -> list[str]:
    """The ids of the agents who met the conditions at this very moment and now have these values."""
    statement = update(Agent).where(*where).values(**values).returning(col(Agent.id))
    moved = list(session.exec(statement, execution_options={"synchronize_session": "fetch"}).scalars())
    for agent_id in moved:
        announce(session, LiveKind.AGENT_UPDATED, agent_id, to=[agent_id])
    return moved
