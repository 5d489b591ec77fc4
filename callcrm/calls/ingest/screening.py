"""Call screening: whoever answers a phone we ring must press 1, which a mobile's voicemail never does."""

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from callcrm.calls.ingest import call_rows, ingest
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.events import FlowRequest
from callcrm.ivr.steps import KeysPressed
from callcrm.ledger import event_store
from callcrm.ledger.event_store import Event


def document(runtime: CallRuntime, request: FlowRequest, path: str) -> str:
    """The TwiML of the whisper: the question, or what follows the key: 1 connects, any other hangs up."""
    if request.event.facts.accepted:
        return runtime.accepted
    return (
        runtime.declined
        if isinstance(request.flow_event, KeysPressed)
        else runtime.renderer.render_screen(path)
    )


def answer_request(session: Session, runtime: CallRuntime, request: FlowRequest, now: datetime) -> Event:
    """The event of the whisper's request with its TwiML; a pressed 1 counts as the answer of the leg."""
    if before := event_store.answered_before(session, request.event):
        return before
    answered = replace(request.event, answer=document(runtime, request, request.path))
    event = event_store.with_root_call(session, answered)
    ingest.keep_and_project(session, runtime, event, call_rows.locked(session, event.root_sid), now)
    return event


def answer_offline(runtime: CallRuntime, request: FlowRequest, now: datetime) -> Event:
    """The same without the store: the event is to be spooled."""
    return replace(request.event, answer=document(runtime, request, request.path))
