"""Why a call did or did not pop on an agent's screen: one reason for each call that could have."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import or_
from sqlmodel import Session, col, select

from callcrm.agents import softphone, state_log
from callcrm.agents.states import LONGEST_RING, WRAP_UP
from callcrm.models import Agent, AgentState, Call, Customer, Direction, Leg, Pop, StateChange, User
from callcrm.routing.selection import language_mismatch, serves

LOOK_BACK = timedelta(hours=8)
MOST_CALLS = 40
LONGEST_CALL = timedelta(hours=4)


class PopReason(StrEnum):
    """The reasons, in the order they are tried: the first that holds is shown."""

    SENT = "sent"
    QUEUE = "queue"  # they do not serve it
    OFFLINE = "offline"
    BREAK = "break"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    UNREACHABLE = "unreachable"  # neither a softphone nor a phone
    OWN_AGENT = "own_agent"  # it went to the customer's own
    LANGUAGE = "language"
    SKILL = "skill"
    IDLE_LONGER = "idle_longer"
    NOBODY = "nobody"  # it was offered to nobody


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a call came to an agent's screen or not.

    `other` is the id of the call the agent was on, `since` when that call or the state began, `offered`
    the user it was offered to instead.
    """

    call: Call
    customer: Customer | None
    why: PopReason
    pop: Pop | None = None
    since: datetime | None = None
    other: str | None = None
    offered: User | None = None


@dataclass(frozen=True, slots=True)
class BusySpan:
    """A stretch in which a call had an agent, from ringing to the end of the wrap-up at `free`."""

    call_id: str
    begin: datetime
    end: datetime
    free: datetime


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What kept an agent from calls at some moment; `why` is None for nothing."""

    why: PopReason | None = None
    since: datetime | None = None
    other: str | None = None


class AgentLog:
    """The states and calls of one agent in the last hours."""

    def __init__(
        self, agent: Agent, number: str | None, busy_spans: Sequence[BusySpan], changes: Sequence[StateChange]
    ):
        self._agent = agent
        self._number = number
        self._call_spans = busy_spans
        self._chosen = [
            change for change in changes if change.state not in (softphone.REGISTERED, softphone.UNREGISTERED)
        ]
        self._softphone = [
            change for change in changes if change.state in (softphone.REGISTERED, softphone.UNREGISTERED)
        ]

    def at(self, moment: datetime) -> Obstacle:
        """What kept the agent from a call at that moment."""
        for span in self._call_spans:
            if span.begin <= moment < span.end:
                return Obstacle(PopReason.ON_CALL, span.begin, span.call_id)
        absence = self._chosen_absence(moment)
        if absence.why:
            return absence
        for span in self._call_spans:
            if span.end <= moment < self._ready(span):
                return Obstacle(PopReason.WRAP_UP, span.end, span.call_id)
        return Obstacle() if self._reachable(moment) else Obstacle(PopReason.UNREACHABLE)

    def _chosen_absence(self, moment: datetime) -> Obstacle:
        last = _last(self._chosen, moment)
        state, since = (last.state, last.at) if last else (AgentState.AVAILABLE, moment)
        if last is None and self._agent.since <= moment:
            state, since = self._agent.state, self._agent.since
        kinds = {AgentState.BREAK: PopReason.BREAK, AgentState.OFFLINE: PopReason.OFFLINE}
        return Obstacle(kinds[AgentState(state)], since) if state in kinds else Obstacle()

    def _ready(self, span: BusySpan) -> datetime:
        """When their wrap-up ended, by itself or because they ended it."""
        early = (change.at for change in self._chosen if span.end <= change.at < span.free)
        return min(early, default=span.free)

    def _reachable(self, moment: datetime) -> bool:
        last = _last(self._softphone, moment)
        return bool(self._number) or (last is not None and last.state == softphone.REGISTERED)


def _last(changes: Sequence[StateChange], moment: datetime) -> StateChange | None:
    return next((change for change in reversed(changes) if change.at <= moment), None)


@dataclass(frozen=True, slots=True)
class OfferedAgent:
    """Another agent the call was offered to, and when."""

    user: User
    agent: Agent
    at: datetime


def decide_reason(
    call: Call,
    customer: Customer | None,
    agent: Agent,
    log: AgentLog,
    own_pop: Pop | None,
    offered: OfferedAgent | None,
) -> Reason:
    """The reason for one call: `own_pop` is the agent's pop of it, `offered` whom it was offered to last."""
    if own_pop:
        return Reason(call, customer, PopReason.SENT, pop=own_pop)
    other = offered.user if offered else None
    if not serves(agent.queues, call.queue or ""):
        return Reason(call, customer, PopReason.QUEUE, offered=other)
    obstacle = log.at(offered.at if offered else call.queued_at or call.started_at)
    if obstacle.why:
        since, busy_with = obstacle.since, obstacle.other
        return Reason(call, customer, obstacle.why, since=since, other=busy_with, offered=other)
    if offered is None:
        return Reason(call, customer, PopReason.NOBODY)
    return Reason(call, customer, _preferred(call, customer, agent, offered.agent), offered=other)


def _preferred(call: Call, customer: Customer | None, agent: Agent, other_agent: Agent) -> PopReason:
    if customer and customer.owner_id == other_agent.id:
        return PopReason.OWN_AGENT
    wanted = call.language or ""
    if language_mismatch(other_agent.languages, wanted) < language_mismatch(agent.languages, wanted):
        return PopReason.LANGUAGE
    if call.queue in other_agent.skills and call.queue not in agent.skills:
        return PopReason.SKILL
    return PopReason.IDLE_LONGER


def reasons(session: Session, agent_id: str, now: datetime) -> list[Reason]:
    """The calls of the last hours that could have come to this agent, newest first, with their reasons."""
    agent = session.get(Agent, agent_id)
    user = session.get(User, agent_id)
    if agent is None or user is None:
        return []
    since = now - LOOK_BACK
    calls = _calls(session, agent_id, since)
    pops = _pops(session, [call.id for call, _ in calls])
    busy_spans = [
        *_call_spans(session, agent_id, since - LONGEST_CALL, now),
        *_offer_spans(agent_id, calls, pops),
    ]
    log = AgentLog(agent, user.number, busy_spans, state_log.changes_since(session, agent_id, since))
    offered = _last_offered(session, agent_id, pops)
    own_pop = {pop.call_id: pop for pop in pops if pop.agent_id == agent_id}
    return [
        decide_reason(call, customer, agent, log, own_pop.get(call.id), offered.get(call.id))
        for call, customer in calls
    ]


def _calls(session: Session, agent_id: str, since: datetime) -> Sequence[tuple[Call, Customer | None]]:
    offered = select(Pop.call_id).where(Pop.agent_id == agent_id, col(Pop.sent_at) >= since)
    statement = (
        select(Call, Customer)
        .join(Customer, col(Customer.id) == col(Call.customer_id), isouter=True)
        .where(col(Call.started_at) >= since, Call.direction == Direction.INBOUND)
        .where(or_(col(Call.queue).is_not(None), col(Call.id).in_(offered)))
        .order_by(col(Call.started_at).desc(), col(Call.id).desc())
        .limit(MOST_CALLS)
    )
    return [(call, customer) for call, customer in session.exec(statement)]


def _pops(session: Session, calls: Iterable[str]) -> Sequence[Pop]:
    return session.exec(select(Pop).where(col(Pop.call_id).in_(calls)).order_by(col(Pop.sent_at))).all()


def _last_offered(session: Session, agent_id: str, pops: Sequence[Pop]) -> Mapping[str, OfferedAgent]:
    others = {pop.call_id: pop for pop in pops if pop.agent_id != agent_id}
    wanted = {pop.agent_id for pop in others.values()}
    statement = select(User, Agent).join(Agent, col(Agent.id) == col(User.id)).where(col(User.id).in_(wanted))
    people = {user.id: (user, agent) for user, agent in session.exec(statement)}
    return {
        call: OfferedAgent(*people[pop.agent_id], pop.sent_at)
        for call, pop in others.items()
        if pop.agent_id in people
    }


def _call_spans(session: Session, agent_id: str, since: datetime, now: datetime) -> list[BusySpan]:
    legs = select(Leg, Call).join(Call, col(Call.id) == col(Leg.call_id)).where(Leg.agent_id == agent_id)
    spans = []
    for leg, call in session.exec(legs.where(col(Call.started_at) >= since)):
        begin = leg.rang_at or leg.answered_at or call.started_at
        end = leg.ended_at or call.ended_at or now
        spans.append(BusySpan(call.id, begin, end, end + WRAP_UP if leg.answered_at else end))
    return spans


def _offer_spans(
    agent_id: str, calls: Sequence[tuple[Call, Customer | None]], pops: Sequence[Pop]
) -> Iterator[BusySpan]:
    """When calls were offered to them, whether or not the carrier reported their leg."""
    ends = {call.id: call.ended_at for call, _ in calls}
    for pop in (pop for pop in pops if pop.agent_id == agent_id):
        later = [
            other.sent_at for other in pops if other.call_id == pop.call_id and other.sent_at > pop.sent_at
        ]
        end = min(filter(None, [*later, ends.get(pop.call_id), pop.sent_at + LONGEST_RING]))
        yield BusySpan(pop.call_id, pop.sent_at, end, end)
