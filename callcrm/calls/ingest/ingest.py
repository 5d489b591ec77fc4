"""Recording what the carrier sends: a call-flow request is answered, a callback stored, both projected."""

from dataclasses import replace
from datetime import datetime

import structlog
from sqlmodel import Session

from callcrm.agents import states
from callcrm.calls import consent, pops, survey_question
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


class FlowError(Exception):
    """Something that the flow asks for can't be known. Nothing is kept: the caller is served plainly."""


def answer_request(
    session: Session, runtime: CallRuntime, request: FlowRequest, now: datetime, *, plain: bool = False
) -> Event:
    """The event of a call-flow request with the TwiML that answers it. A repetition gets the same TwiML and
    changes nothing.

    FlowError for a flow that would have to go another way; asked `plain`, without what the business keeps
    around calls, it does.
    """
    stored, row = call_rows.find_event_and_call(session, request.event)
    if stored:
        return replace(request.event, answer=stored.answer)
    if isinstance(request.flow_event, RingEnded):
        states.release_call(
            session, call_rows.call_id(request.event.root_sid), now, spoke=request.flow_event.answered
        )
    world = StoreContext(session, runtime, request, row, now, plain=plain)
    answer = player.respond(runtime.flows, request.position, request.flow_event, world)
    if answer.fault:
        log.warning("the flow had to go another way", fault=answer.fault, call=request.event.root_sid)
        if not plain:
            raise FlowError(answer.fault)
    document = runtime.renderer.render(answer)
    facts = with_answer(request.event.facts, answer, world.claimed)
    event = replace(request.event, facts=facts, answer=document)
    keep_and_project(session, runtime, event, row, now)
    _record_consent(session, event, now)
    _record_survey(session, event, now)
    if world.claimed:
        pops.create_pop(session, call_rows.call_id(event.root_sid), world.claimed, now)
    return event


def record_callback(session: Session, runtime: CallRuntime, event: Event, now: datetime) -> bool:
    """Stores an event that needs no answer, and projects its call. False, and no change, for a repetition."""
    stored, row = call_rows.find_event_and_call(session, event)
    if stored:
        return False
    rooted = event if row else event_store.with_root_call(session, event)
    if rooted is not event:
        row = call_rows.locked(session, rooted.root_sid)
    keep_and_project(session, runtime, rooted, row, now)
    return True


def record_answered(session: Session, runtime: CallRuntime, event: Event, now: datetime) -> None:
    """Stores a spooled event with what the carrier was answered: an agent whom that rings is claimed now, if
    they are free and the call has not ended. A repetition changes nothing.
    """
    if not record_callback(session, runtime, event, now):
        return
    _record_consent(session, event, event.received_at)
    _record_survey(session, event, event.received_at)
    call = call_rows.call_id(event.root_sid)
    if event.facts.claimed and states.claim(session, event.facts.claimed, call, now):
        pops.create_pop(session, call, event.facts.claimed, now)


def _record_consent(session: Session, event: Event, at: datetime) -> None:
    if event.facts.announced:
        call = call_rows.call_id(event.root_sid)
        consent.announced(session, call, event.facts.language or "", event.key, at)


def _record_survey(session: Session, event: Event, at: datetime) -> None:
    if event.facts.survey and (row := call_rows.locked(session, event.root_sid)):
        survey_question.record_asked(session, row, event.facts.survey, at)


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


def with_answer(facts: Facts, answer: Answer, claimed: str | None = None) -> Facts:
    """The facts of a request together with what the player decided, and the agent claimed for it."""
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
        survey=decision.survey or None,
        mark=decision.mark or None,
        claimed=claimed,
    )
