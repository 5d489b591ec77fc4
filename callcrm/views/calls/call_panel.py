"""What the call panel of an agent's desk shows: the call that rings them, that they are on, or had last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, select

from callcrm.agents import states
from callcrm.agents.ring_target import reachable_by
from callcrm.calls import consent
from callcrm.calls.runtime import CallRuntime
from callcrm.models import Agent, AgentState, Call, CallState, Direction, Leg, Pop, User
from callcrm.views.calls.caller import Caller, caller_of

GONE = timedelta(seconds=4)  # how long the panel says where a call went


RINGS = timedelta(minutes=2)  # at most, from the pop on


OUTBOUND_RING = 30


SOFTPHONE = "client:"


class PanelState(StrEnum):
    """The states of the panel."""

    IDLE = "idle"
    RINGING = "ringing"
    DIALLING = "dialling"  # a call of the agent's own that nobody has answered yet
    CALL = "call"
    WRAP = "wrap"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Ring:
    """The ringing of an agent: since when, at most until when, and the number rung; None for the browser."""

    since: datetime | None
    until: datetime | None
    number: str | None


@dataclass(frozen=True, slots=True)
class CallPanel:
    """The content of an agent's call panel. `again` is when it has to be loaded anew though no event comes.

    `taker` is the colleague who answered a call that was offered to this agent too; `call` is None while the
    carrier has not accepted a call that the agent placed.
    """

    kind: PanelState
    agent: Agent
    reachable: list[str]
    call: Call | None = None
    caller: Caller | None = None
    ring: Ring | None = None
    taker: str | None = None
    recorded: bool = False
    again: datetime | None = None

    @property
    def outbound(self) -> bool:
        """Whether we called them."""
        return self.call is not None and self.call.direction == Direction.OUTBOUND

    @property
    def in_browser(self) -> bool:
        """Whether the leg is, or will be, at this browser's softphone."""
        return self.ring is not None and self.ring.number is None


def call_panel_of(session: Session, web: CallRuntime, agent_id: str, now: datetime) -> CallPanel | None:
    """The agent's panel at this moment; None for a user who is no agent."""
    agent, user = session.get(Agent, agent_id), session.get(User, agent_id)
    if agent is None or user is None:
        return None
    ways = reachable_by(agent, user, now)
    if agent.state in states.CLAIMED and agent.call_id:
        return _claimed(session, web, agent, user, ways, now)
    if agent.state == AgentState.WRAP_UP:
        call = _last_call(session, agent_id)
        caller = caller_of(session, call, agent_id, now) if call else None
        return CallPanel(PanelState.WRAP, agent, ways, call, caller)
    return _gone(session, agent, ways, now) or _idle(session, agent, ways, now)


def _claimed(
    session: Session, web: CallRuntime, agent: Agent, user: User, ways: list[str], now: datetime
) -> CallPanel:
    call = session.get(Call, agent.call_id)
    if call is None:  # the wish for a call, whose carrier has not answered yet
        return CallPanel(PanelState.DIALLING, agent, ways)
    kind = _kind(agent, call)
    return CallPanel(
        kind,
        agent,
        ways,
        call,
        caller_of(session, call, agent.id, now),
        _ring(session, web, agent, user, call, now),
        recorded=kind is PanelState.CALL and consent.consent_of(session, call.id) is not None,
    )


def _kind(agent: Agent, call: Call) -> PanelState:
    if agent.state == AgentState.RINGING:
        return PanelState.RINGING
    waiting = call.direction == Direction.OUTBOUND and call.state != CallState.IN_PROGRESS
    return PanelState.DIALLING if waiting else PanelState.CALL


def _ring(session: Session, web: CallRuntime, agent: Agent, user: User, call: Call, now: datetime) -> Ring:
    leg = my_leg(session, call.id, agent.id)
    number = _phone(leg, agent, user, now)
    since = leg.rang_at if leg else None
    if since is None:
        return Ring(None, None, number)
    return Ring(since, since + timedelta(seconds=_seconds(web, call)), number)


def _phone(leg: Leg | None, agent: Agent, user: User, now: datetime) -> str | None:
    """The number of the phone that rings; None if the softphone does."""
    if leg is not None and leg.target:
        return None if leg.target.startswith(SOFTPHONE) else leg.target
    return None if "softphone" in reachable_by(agent, user, now) else user.number


def _seconds(web: CallRuntime, call: Call) -> int:
    if call.direction == Direction.OUTBOUND:
        return OUTBOUND_RING
    flow = web.flows.for_number(call.to_e164)
    return flow.ring_seconds(call.queue or "") if flow else OUTBOUND_RING


def my_leg(session: Session, call_id: str, agent_id: str) -> Leg | None:
    """The agent's newest leg of the call; None if they were not rung."""
    rung = select(Leg).where(Leg.call_id == call_id, Leg.agent_id == agent_id)
    return session.exec(rung.order_by(col(Leg.position).desc()).limit(1)).first()


def _last_call(session: Session, agent_id: str) -> Call | None:
    own = select(Call).where(Call.agent_id == agent_id)
    return session.exec(own.order_by(col(Call.started_at).desc(), col(Call.id).desc()).limit(1)).first()


def _gone(session: Session, agent: Agent, ways: list[str], now: datetime) -> CallPanel | None:
    """The panel for some seconds after a call went elsewhere: to a colleague, or the caller gave up."""
    if agent.since + GONE <= now:
        return None
    latest = select(Pop).where(Pop.agent_id == agent.id, col(Pop.sent_at) > agent.since - RINGS)
    pop = session.exec(latest.order_by(col(Pop.sent_at).desc()).limit(1)).first()
    call = session.get(Call, pop.call_id) if pop else None
    if call is None or call.agent_id == agent.id:
        return None
    taker = session.get(User, call.agent_id) if call.agent_id else None
    return CallPanel(
        PanelState.GONE,
        agent,
        ways,
        call,
        caller_of(session, call, agent.id, now),
        taker=taker.name if taker else None,
        again=agent.since + GONE,
    )


def _idle(session: Session, agent: Agent, ways: list[str], now: datetime) -> CallPanel:
    call = _last_call(session, agent.id)
    caller = caller_of(session, call, agent.id, now) if call else None
    return CallPanel(PanelState.IDLE, agent, ways, call, caller)
