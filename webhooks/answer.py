"""How both kinds of webhook answer: a listening caller always and fast, a report only once it is durable."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from callcrm import metrics
from callcrm.calls.ingest import ingest, offline
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.jobs import spool_replay
from callcrm.ledger.event_store import Event
from callcrm.ledger.spool import Record
from callcrm.services import Services

from .signature import raw_target

FLOW_DEADLINE = 1.0  # seconds for the store; with the spool's it stays below the contract's 1.5
SPOOL_DEADLINE = 0.4
REPORT_DEADLINE = 5.0
log = structlog.get_logger()

Hearing = Callable[[str, Form, datetime], events.FlowRequest | None]
Reporting = Callable[[str, Form, datetime], Event]
Turn = Callable[[Session, CallRuntime, events.FlowRequest, datetime], str]
Without = Callable[[CallRuntime, events.FlowRequest, datetime], tuple[str, Event]]


def twiml(document: str) -> Response:
    """A document for the carrier."""
    return Response(document, media_type="application/xml")


async def call_flow(
    request: Request,
    hear: Hearing,
    turn: Turn = ingest.answer_request,
    without: Without = offline.answer_request,
) -> Response:
    """Answer a caller's turn with 200 and a document, whatever has failed behind it."""
    services: Services = request.app.state.services
    form: Form = request.scope["form"]
    if form.get("CallSid") is None:
        return PlainTextResponse("CallSid is missing.", 400)
    now = services.clock.now()
    try:
        heard = hear(raw_target(request.scope), form, now)
    except Exception as fault:
        log.exception("call flow not understood", fault=type(fault).__name__)
        heard = None
    if heard is None:
        metrics.answer_degraded()
        return twiml(services.runtime.last_resort)
    verb = partial(_turn, turn=turn, runtime=services.runtime, request=heard, now=now)
    try:
        return twiml(await services.store.write(verb, deadline=FLOW_DEADLINE, lock=heard.event.root_sid))
    except Exception as fault:
        log.error(
            "call flow answered without the store", fault=type(fault).__name__, call=heard.event.root_sid
        )
        return twiml(await _without_store(services, heard, without))


def _turn(
    session: Session, *, turn: Turn, runtime: CallRuntime, request: events.FlowRequest, now: datetime
) -> str:
    return turn(session, runtime, request, now)


async def _without_store(services: Services, heard: events.FlowRequest, without: Without) -> str:
    """The flow from memory; the event goes to the spool, and a full one keeps nobody from being served."""
    metrics.answer_degraded()
    document, event = without(services.runtime, heard, services.clock.now())
    try:
        async with services.clock.timeout(SPOOL_DEADLINE):
            await services.spool.append(spool_replay.event_record(event))
        metrics.event_spooled()
    except Exception as fault:
        log.error("event not kept", fault=type(fault).__name__, call=event.root_sid)
    return document


async def report(request: Request, hear: Reporting) -> Response:
    """Answer a report: 204 once it is committed or in the spool, 400 if it says nothing, else 503."""
    services: Services = request.app.state.services
    now = services.clock.now()
    try:
        event = hear(raw_target(request.scope), request.scope["form"], now)
    except events.Malformed as fault:
        return malformed(fault)
    verb = partial(_report, runtime=services.runtime, event=event, now=now)
    return await durable(services, verb, spool_replay.event_record(event), lock=event.root_sid)


def _report(session: Session, *, runtime: CallRuntime, event: Event, now: datetime) -> None:
    ingest.record_callback(session, runtime, event, now)


def malformed(fault: events.Malformed) -> Response:
    """400 with the field that is wrong."""
    return PlainTextResponse(f"Refused: {fault}.\n", 400)


async def durable(
    services: Services, verb: Callable[[Session], object], record: Record, lock: str | None = None
) -> Response:
    """204 once the verb's work is committed, or its record is in the spool; 503 if neither can be."""
    try:
        await services.store.write(verb, deadline=REPORT_DEADLINE, lock=lock)
    except Exception as fault:
        log.error("report goes to the spool", fault=type(fault).__name__)
        return await _spool(services, record)
    return Response(status_code=204)


async def _spool(services: Services, record: Record) -> Response:
    try:
        await services.spool.append(record)
    except Exception as fault:
        log.error("report not kept, the carrier is asked to retry", fault=type(fault).__name__)
        return PlainTextResponse("The report could not be kept.\n", 503)
    metrics.event_spooled()
    return Response(status_code=204)
