"""SMS and WhatsApp: an incoming message, and the status callback of one of ours."""

from datetime import datetime
from functools import partial

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from callcrm.carrier.events import Malformed
from callcrm.carrier.form import Form
from callcrm.carrier.messages import IncomingMessage, MessageStatus, parse_message, parse_message_status
from callcrm.config import Settings
from callcrm.jobs import spool_replay
from callcrm.messages import receive
from callcrm.services import Services

from .answer import commit_or_spool, malformed_response
from .signature import raw_target


async def message(request: Request) -> Response:
    """An incoming message: in the history before we answer. 204 and no TwiML: nobody is answered by it."""
    form: Form = request.scope["form"]
    services: Services = request.app.state.services
    try:
        incoming = parse_message(form, target := raw_target(request.scope))
    except Malformed as fault:
        return malformed_response(fault)
    now = services.clock.now()
    verb = partial(_record_incoming, settings=services.settings, message=incoming, now=now)
    record = spool_replay.message_record(form, target, now, status=False)
    return await commit_or_spool(services, verb, record, sid=incoming.sid)


async def message_status(request: Request) -> Response:
    """How far a message of ours has come."""
    form: Form = request.scope["form"]
    services: Services = request.app.state.services
    try:
        status = parse_message_status(form, target := raw_target(request.scope))
    except Malformed as fault:
        return malformed_response(fault)
    now = services.clock.now()
    verb = partial(_record_status, settings=services.settings, status=status, now=now)
    record = spool_replay.message_record(form, target, now, status=True)
    return await commit_or_spool(services, verb, record, sid=status.sid)


def _record_incoming(
    session: Session, *, settings: Settings, message: IncomingMessage, now: datetime
) -> bool:
    return receive.record_incoming(session, settings, message, now)


def _record_status(session: Session, *, settings: Settings, status: MessageStatus, now: datetime) -> bool:
    return receive.record_message_status(session, settings, status, now)
