"""Recording what the carrier sends: a call-flow request is answered, a callback stored, both projected."""

from dataclasses import replace
from datetime import datetime

import structlog
from sqlmodel import Session

from callcrm.agents import states
from callcrm.calls import consent, pops
from callcrm.calls.ingest import call_rows, leg_merge, projection
from callcrm.calls.ingest.flow_context import StoreContext
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.events import FlowRequest
from callcrm.ivr import player
from callcrm.ivr.steps import Answer, RingEnded
from callcrm.ledger import event_store
from callcrm.ledger.event_store import Event
from callcrm.ledger.facts import Facts
from callcrm.ledger.fold import fold

log = structlog.get_logger()


def answer_request(session: Session, runtime: CallRuntime, request: FlowRequest, now: datetime) -> str:
    """The TwiML that answers a call-flow request. A repetition gets the same TwiML and changes nothing."""
    stored, row = call_rows.find_event_and_call(session, request.event.key, request.event.root_sid)
    if stored and stored.answer:
        return stored.answer
    if isinstance(request.flow_event, RingEnded):
        states.release_call(
            session, call_rows.call_id(request.event.root_sid), now, spoke=request.flow_event.answered
        )
    world = StoreContext(session, runtime, request, row, now)
    answer = player.respond(runtime.flows, request.position, request.flow_event, world)
    if answer.fault:
        log.warning("the operator was the way out", fault=answer.fault, call=request.event.root_sid)
    document = runtime.renderer.render(answer)
    event = replace(request.event, facts=with_answer(request.event.facts, answer), answer=document)
    keep_and_project(session, runtime, event, row, now)
    if answer.decision.announced:
        consent.announced(session, call_rows.call_id(event.root_sid), answer.language, event.key, now)
    if world.claimed:
        pops.create_pop(session, call_rows.call_id(event.root_sid), world.claimed, now)
    return document


def record_callback(session: Session, runtime: CallRuntime, event: Event, now: datetime) -> None:
    """Stores an event that needs no answer, and projects its call; a repetition changes nothing."""
    stored, row = call_rows.find_event_and_call(session, event.key, event.root_sid)
    if stored:
        return
    rooted = event if row else event_store.with_root_call(session, event)
    if rooted is not event:
        row = call_rows.locked(session, rooted.root_sid)
    keep_and_project(session, runtime, rooted, row, now)


def keep_and_project(
    session: Session, runtime: CallRuntime, event: Event, row: call_rows.CallRow | None, now: datetime
) -> None:
    """Adds the event to the ledger, then derives the rows of its call anew."""
    event_store.add_event(session, event)
    stray_legs = [
        child for child in _children(event) if event_store.move_to_call(session, child, event.root_sid)
    ]
    facts = event_store.facts_of_call(session, event.root_sid) if row or stray_legs else [event.facts]
    projection.project(session, runtime, event, fold(facts, event.root_sid), row, now)
    for child in stray_legs:
        leg_merge.merge_leg_call(session, child, event.root_sid, now)


def _children(event: Event) -> set[str]:
    """SIDs of the legs that this event assigns to its call; their own events may have come earlier."""
    return {leg for leg in (event.facts.dialled_leg, event.facts.leg) if leg and leg != event.root_sid}


def with_answer(facts: Facts, answer: Answer) -> Facts:
    """The facts of a request together with what the player decided."""
    decision = answer.decision
    return replace(
        facts,
        destination=decision.destination or None,
        node=decision.node or None,
        keys=decision.keys,
        queue=decision.queue or None,
        language=decision.language or answer.language,
        announced=decision.announced or None,
        promise=decision.promise or None,
        call_back=decision.call_back or None,
        state=decision.state or None,
    )
