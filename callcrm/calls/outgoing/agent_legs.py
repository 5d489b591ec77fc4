"""Outbound calls, when the agent's leg is up: answered by their phone, or dialled from their browser."""

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from callcrm.agents import states
from callcrm.base.errors import Refused, RefusedByRule, TooMany
from callcrm.calls.ingest import call_rows, ingest
from callcrm.calls.outgoing import dial_requests
from callcrm.calls.outgoing.allowed_numbers import is_emergency
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.events import FlowRequest
from callcrm.ivr.steps import Answer, Decision, HangUp, NodeKind, Position, Prompt, Ring, Step, Target
from callcrm.ledger import event_store
from callcrm.ledger.event_store import Event
from callcrm.ledger.facts import Facts
from callcrm.models import Agent, Direction, User

RING_SECONDS = 40
SOFTPHONE = "client:"


def picked_up(session: Session, runtime: CallRuntime, request: FlowRequest, now: datetime) -> Event:
    """The answer to an agent who has answered a call they requested: it rings the customer."""
    if before := event_store.answered_before(session, request.event):
        return before
    sid = request.event.root_sid
    wish = dial_requests.dial_request_for(session, runtime, sid, request.event.facts.to, now)
    facts = replace(request.event.facts, direction=Direction.OUTBOUND, agent=wish.agent_id if wish else None)
    target = Target(wish.to_e164) if wish else None
    return _answer(session, runtime, _with(request, facts), target, now)


def dialled(
    session: Session, runtime: CallRuntime, request: FlowRequest, wanted: str | None, now: datetime
) -> Event:
    """The answer to an agent who dials from the browser. The carrier vouches for who they are; the number
    `wanted` comes from the browser and is checked.
    """
    if before := event_store.answered_before(session, request.event):
        return before
    agent = _softphone(session, request.caller)
    if agent and is_emergency(runtime.settings, wanted):
        target: Target | None = Target((wanted or "").strip(), "emergency")
        number, refused = wanted, False
    else:
        number, refused = _allowed(session, runtime, request, agent, wanted, now) if agent else (None, False)
        target = Target(number) if number else None
    if agent and not refused:
        _busy(session, agent, call_rows.call_id(request.event.root_sid), now)
    facts = replace(request.event.facts, direction=Direction.OUTBOUND, agent=agent, to=number or wanted)
    return _answer(session, runtime, _with(request, facts), target, now, refused=refused)


def _with(request: FlowRequest, facts: Facts) -> FlowRequest:
    return replace(request, event=replace(request.event, facts=facts))


def _softphone(session: Session, caller: str | None) -> str | None:
    if not caller or not caller.startswith(SOFTPHONE):
        return None
    identity = caller.removeprefix(SOFTPHONE)
    agent, user = session.get(Agent, identity), session.get(User, identity)
    return identity if agent and user and user.disabled_at is None else None


def _busy(session: Session, agent: str, call: str, now: datetime) -> None:
    """Marks the agent as on this call; nothing for a repetition after the call has ended."""
    if states.claim(session, agent, call, now):
        states.mark_on_call(session, agent, call, now)


def _allowed(
    session: Session,
    runtime: CallRuntime,
    request: FlowRequest,
    agent: str,
    wanted: str | None,
    now: datetime,
) -> tuple[str | None, bool]:
    """The number (E.164) to be rung, None for none; and whether a rule or a limit forbids it."""
    sid = request.event.root_sid
    try:
        number = dial_requests.record_dialled(
            session, runtime, to=wanted or "", agent_id=agent, sid=sid, now=now
        )
    except (RefusedByRule, TooMany):
        return None, True
    except Refused:
        return None, False
    return number, False


def _answer(
    session: Session,
    runtime: CallRuntime,
    request: FlowRequest,
    target: Target | None,
    now: datetime,
    *,
    refused: bool = False,
) -> Event:
    """The event with the TwiML that rings the target; without one the operators, so that a human is heard.
    Whom a rule forbids to be rung nobody is rung for: the agent is told so.
    """
    step: Step = HangUp((Prompt("dial-refused"),))
    if not refused:
        targets = (target,) if target else runtime.operators
        step = Ring((), targets, Position(NodeKind.DONE, step=1), RING_SECONDS)
    answer = Answer(step, "en", Decision(destination=NodeKind.DONE, language="", state="ringing"))
    document = runtime.renderer.render(answer)
    facts = ingest.with_answer(request.event.facts, answer)
    event = replace(request.event, facts=replace(facts, language=None), answer=document)
    ingest.keep_and_project(session, runtime, event, call_rows.locked(session, event.root_sid), now)
    return event
