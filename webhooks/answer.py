"""How webhooks answer: a caller always gets a document and fast, a callback 204 only once it is durable."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

import structlog
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from callcrm import metrics
from callcrm.base.errors import fault_fields
from callcrm.calls.ingest import ingest, offline
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.jobs import spool_replay
from callcrm.ledger.event_store import Event
from callcrm.ledger.spool import Record
from callcrm.services import Services
from callcrm.store.errors import StoreDown, StoreOutdated, StoreUndecided

from .signature import raw_target

FLOW_DEADLINE = 1.0  # seconds for the store; with the spool's it stays below the contract's 1.5
SPOOL_DEADLINE = 0.4
CALLBACK_DEADLINE = 5.0  # nobody listens, and the carrier itself waits up to 15 s for a callback's answer
log = structlog.get_logger()

ParseRequest = Callable[[str, Form, datetime], events.FlowRequest | None]
ParseCallback = Callable[[str, Form, datetime], Event]
Answer = Callable[[Session, CallRuntime, events.FlowRequest, datetime], Event]
OfflineAnswer = Callable[[CallRuntime, events.FlowRequest, datetime], Event]
PLAIN: Answer = partial(ingest.answer_request, plain=True)


def twiml_response(document: str) -> Response:
    """200 with a TwiML document."""
    return Response(document, media_type="application/xml")


async def answer_call_flow(
    request: Request,
    parse: ParseRequest,
    answer: Answer = ingest.answer_request,
    plain_answer: Answer | None = PLAIN,
    offline_answer: OfflineAnswer = offline.answer_request,
) -> Response:
    """200 with a document, whatever has failed behind it: for anything else the caller hears an apology.

    The carrier answers a 4xx, a 5xx or no TwiML with its fallback URL, and where that fails too with
    "an application error has occurred". Only a request without a CallSid gets 400: it is no call.

    `plain_answer` is for where `answer` fails though the store is there.
    """
    services: Services = request.app.state.services
    form: Form = request.scope["form"]
    if form.get("CallSid") is None:
        return PlainTextResponse("CallSid is missing.", 400)
    now = services.clock.now()
    try:
        flow_request = parse(raw_target(request.scope), form, now)
    except Exception as fault:
        log.exception("call flow not understood", fault=type(fault).__name__)
        flow_request = None
    if flow_request is None:
        metrics.answer_degraded()
        return twiml_response(services.runtime.last_resort)
    answers = [
        partial(_answer, answer=way, runtime=services.runtime, request=flow_request, now=now)
        for way in (answer, plain_answer)
        if way is not None
    ]
    event = await _decide(services, flow_request, answers, offline_answer)
    return twiml_response(event.answer or services.runtime.last_resort)


async def _decide(
    services: Services,
    request: events.FlowRequest,
    verbs: Sequence[Callable[[Session], Event]],
    offline_answer: OfflineAnswer,
) -> Event:
    """The event with its answer, kept in the store or else on its way to the spool: what the caller hears is
    what is kept.
    """
    call = request.event.root_sid
    try:
        return await _kept(services, call, verbs)
    except StoreUndecided as fault:
        log.error("call flow answered before its commit ended", call=call)
        event: Event = fault.value
    except Exception as fault:
        log.error("call flow answered without the store", call=call, **fault_fields(fault))
        metrics.answer_degraded()
        event = offline_answer(services.runtime, request, services.clock.now())
    await _spool_answered(services, event)
    return event


async def _kept(services: Services, call: str, verbs: Sequence[Callable[[Session], Event]]) -> Event:
    """The event as the first of these verbs keeps it, within the one deadline. The next is tried after a
    fault of the verb, as where a table of what is around calls is broken; not while the store is away.
    """
    until = services.clock.monotonic() + FLOW_DEADLINE
    for verb in verbs[:-1]:
        try:
            return await _keep(services, call, verb, until)
        except Exception as fault:
            if isinstance(fault, StoreDown) and not isinstance(fault, StoreOutdated):
                raise
            log.error("call flow answered plainly", call=call, **fault_fields(fault))
    return await _keep(services, call, verbs[-1], until)


async def _keep(services: Services, call: str, verb: Callable[[Session], Event], until: float) -> Event:
    """A call's requests and callbacks arrive side by side: the lock lets one at a time fold the call."""
    left = until - services.clock.monotonic()
    return await services.store.write(verb, deadline=left, lock=call, settle=False)


def _answer(
    session: Session, *, answer: Answer, runtime: CallRuntime, request: events.FlowRequest, now: datetime
) -> Event:
    return answer(session, runtime, request, now)


async def _spool_answered(services: Services, event: Event) -> None:
    """Spools the event; a full spool keeps no caller from being served."""
    try:
        async with services.clock.timeout(SPOOL_DEADLINE):
            await services.spool.append(spool_replay.event_record(event))
        metrics.event_spooled()
    except Exception as fault:
        log.error("event not kept", call=event.root_sid, **fault_fields(fault))


async def accept_callback(request: Request, parse: ParseCallback) -> Response:
    """Answer a status callback: 204 once it is committed or spooled, 400 if it is malformed, else 503."""
    services: Services = request.app.state.services
    now = services.clock.now()
    try:
        event = parse(raw_target(request.scope), request.scope["form"], now)
    except events.Malformed as fault:
        return malformed_response(fault)
    verb = partial(_record, runtime=services.runtime, event=event, now=now)
    record = spool_replay.event_record(event)
    return await commit_or_spool(services, verb, record, lock=event.root_sid, call=event.root_sid)


def _record(session: Session, *, runtime: CallRuntime, event: Event, now: datetime) -> None:
    ingest.record_callback(session, runtime, event, now)


def malformed_response(fault: events.Malformed) -> Response:
    """400 with the field that is wrong."""
    return PlainTextResponse(f"Refused: {fault}.\n", 400)


async def commit_or_spool(
    services: Services,
    verb: Callable[[Session], object],
    record: Record,
    lock: str | None = None,
    **ids: str,
) -> Response:
    """204 once the verb's work is committed, or its record is in the spool; 503 if neither can be.

    `ids` say in the log whose report it is.
    """
    try:
        await services.store.write(verb, deadline=CALLBACK_DEADLINE, lock=lock, settle=False)
    except Exception as fault:
        log.error("report goes to the spool", **ids, **fault_fields(fault))
        return await _spool(services, record, ids)
    return Response(status_code=204)


async def _spool(services: Services, record: Record, ids: Mapping[str, str]) -> Response:
    try:
        await services.spool.append(record)
    except Exception as fault:
        # A 5xx is retried only where the number's URL says so: `#rc=5&rp=all` (see carrier/urls.py).
        log.error("report not kept, the carrier is asked to retry", **ids, **fault_fields(fault))
        return PlainTextResponse("The report could not be kept.\n", 503)
    metrics.event_spooled()
    return Response(status_code=204)
