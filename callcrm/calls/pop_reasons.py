"""Why a call did or did not come to an agent's screen: one reason for each call that could have."""

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
MOST = 40
LONGEST_CALL = timedelta(hours=4)


class PopReason(StrEnum):
    """What decided; the first that holds is told."""

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
    """Why, of one call. `other` is the call they were on, `since` when that or the state began."""

    call: Call
    customer: Customer | None
    why: PopReason
    pop: Pop | None = None
    since: datetime | None = None
    other: str | None = None
    rung: User | None = None


@dataclass(frozen=True, slots=True)
class StateSpan:
    """They were rung for a call, or on it, and in wrap-up after it until `free`."""

    call_id: str
    begin: datetime
    end: datetime
    free: datetime


@dataclass(frozen=True, slots=True)
class Doing:
    """What kept them at a moment; nothing if `why` is None."""

    why: PopReason | None = None
    since: datetime | None = None
    other: str | None = None


class StateLog:
    """What an agent was doing at any moment of the last hours."""

    def __init__(
        self, agent: Agent, number: str | None, spells: Sequence[StateSpan], changes: Sequence[StateChange]
    ):
        self._agent = agent
        self._number = number
        self._spells = spells
        self._chosen = [
            change for change in changes if change.state not in (softphone.REGISTERED, softphone.UNREGISTERED)
        ]
        self._softphone = [
            change for change in changes if change.state in (softphone.REGISTERED, softphone.UNREGISTERED)
        ]

    def at(self, moment: datetime) -> Doing:
        """What kept them from a call at that moment."""
        for spell in self._spells:
            if spell.begin <= moment < spell.end:
                return Doing(PopReason.ON_CALL, spell.begin, spell.call_id)
        away = self._away(moment)
        if away.why:
            return away
        for spell in self._spells:
            if spell.end <= moment < self._ready(spell):
                return Doing(PopReason.WRAP_UP, spell.end, spell.call_id)
        return Doing() if self._reachable(moment) else Doing(PopReason.UNREACHABLE)

    def _away(self, moment: datetime) -> Doing:
        last = _last(self._chosen, moment)
        state, since = (last.state, last.at) if last else (AgentState.AVAILABLE, moment)
        if last is None and self._agent.since <= moment:
            state, since = self._agent.state, self._agent.since
        kinds = {AgentState.BREAK: PopReason.BREAK, AgentState.OFFLINE: PopReason.OFFLINE}
        return Doing(kinds[AgentState(state)], since) if state in kinds else Doing()

    def _ready(self, spell: StateSpan) -> datetime:
        """When their wrap-up ended: they may have said so before its time."""
        early = (change.at for change in self._chosen if spell.end <= change.at < spell.free)
        return min(early, default=spell.free)

    def _reachable(self, moment: datetime) -> bool:
        last = _last(self._softphone, moment)
        return bool(self._number) or (last is not None and last.state == softphone.REGISTERED)


def _last(changes: Sequence[StateChange], moment: datetime) -> StateChange | None:
    return next((change for change in reversed(changes) if change.at <= moment), None)


@dataclass(frozen=True, slots=True)
class Rung:
    """Somebody else the call was offered to, and when."""

    user: User
    agent: Agent
    at: datetime


def decided(
    call: Call, customer: Customer | None, me: Agent, own: StateLog, own_pop: Pop | None, rung: Rung | None
) -> Reason:
    """The reason for one call: `own_pop` is their own pop of it, `rung` who else was offered it last."""
    if own_pop:
        return Reason(call, customer, PopReason.SENT, pop=own_pop)
    other = rung.user if rung else None
    if not serves(me.queues, call.queue or ""):
        return Reason(call, customer, PopReason.QUEUE, rung=other)
    doing = own.at(rung.at if rung else call.queued_at or call.started_at)
    if doing.why:
        return Reason(call, customer, doing.why, since=doing.since, other=doing.other, rung=other)
    if rung is None:
        return Reason(call, customer, PopReason.NOBODY)
    return Reason(call, customer, _preferred(call, customer, me, rung.agent), rung=other)


def _preferred(call: Call, customer: Customer | None, me: Agent, they: Agent) -> PopReason:
    if customer and customer.owner_id == they.id:
        return PopReason.OWN_AGENT
    wanted = call.language or ""
    if language_mismatch(they.languages, wanted) < language_mismatch(me.languages, wanted):
        return PopReason.LANGUAGE
    if call.queue in they.skills and call.queue not in me.skills:
        return PopReason.SKILL
    return PopReason.IDLE_LONGER


def reasons(session: Session, agent_id: str, now: datetime) -> list[Reason]:
    """The calls of the last hours that could have come to this agent, newest first, each with its reason."""
    me = session.get(Agent, agent_id)
    user = session.get(User, agent_id)
    if me is None or user is None:
        return []
    since = now - LOOK_BACK
    calls = _calls(session, agent_id, since)
    pops = _pops(session, [call.id for call, _ in calls])
    spells = [*_spells(session, agent_id, since - LONGEST_CALL, now), *_offers(agent_id, calls, pops)]
    own = StateLog(me, user.number, spells, state_log.changes_since(session, agent_id, since))
    rung = _rung(session, agent_id, pops)
    own_pop = {pop.call_id: pop for pop in pops if pop.agent_id == agent_id}
    return [
        decided(call, customer, me, own, own_pop.get(call.id), rung.get(call.id)) for call, customer in calls
    ]


def _calls(session: Session, agent_id: str, since: datetime) -> Sequence[tuple[Call, Customer | None]]:
    offered = select(Pop.call_id).where(Pop.agent_id == agent_id, col(Pop.sent_at) >= since)
    statement = (
        select(Call, Customer)
        .join(Customer, col(Customer.id) == col(Call.customer_id), isouter=True)
        .where(col(Call.started_at) >= since, Call.direction == Direction.INBOUND)
        .where(or_(col(Call.queue).is_not(None), col(Call.id).in_(offered)))
        .order_by(col(Call.started_at).desc(), col(Call.id).desc())
        .limit(MOST)
    )
    return [(call, customer) for call, customer in session.exec(statement)]


def _pops(session: Session, calls: Iterable[str]) -> Sequence[Pop]:
    return session.exec(select(Pop).where(col(Pop.call_id).in_(calls)).order_by(col(Pop.sent_at))).all()


def _rung(session: Session, agent_id: str, pops: Sequence[Pop]) -> Mapping[str, Rung]:
    others = {pop.call_id: pop for pop in pops if pop.agent_id != agent_id}
    wanted = {pop.agent_id for pop in others.values()}
    statement = select(User, Agent).join(Agent, col(Agent.id) == col(User.id)).where(col(User.id).in_(wanted))
    people = {user.id: (user, agent) for user, agent in session.exec(statement)}
    return {
        call: Rung(*people[pop.agent_id], pop.sent_at)
        for call, pop in others.items()
        if pop.agent_id in people
    }


def _spells(session: Session, agent_id: str, since: datetime, now: datetime) -> list[StateSpan]:
    legs = select(Leg, Call).join(Call, col(Call.id) == col(Leg.call_id)).where(Leg.agent_id == agent_id)
    spans = []
    for leg, call in session.exec(legs.where(col(Call.started_at) >= since)):
        begin = leg.rang_at or leg.answered_at or call.started_at
        end = leg.ended_at or call.ended_at or now
        spans.append(StateSpan(call.id, begin, end, end + WRAP_UP if leg.answered_at else end))
    return spans


def _offers(
    agent_id: str, calls: Sequence[tuple[Call, Customer | None]], pops: Sequence[Pop]
) -> Iterator[StateSpan]:
    """While a call was offered to them, whether or not we heard of their telephone."""
    ends = {call.id: call.ended_at for call, _ in calls}
    for pop in (pop for pop in pops if pop.agent_id == agent_id):
        later = [
            other.sent_at for other in pops if other.call_id == pop.call_id and other.sent_at > pop.sent_at
        ]
        end = min(filter(None, [*later, ends.get(pop.call_id), pop.sent_at + LONGEST_RING]))
        yield StateSpan(pop.call_id, pop.sent_at, end, end)
