"""SMS and WhatsApp: a message comes in, one of ours gets somewhere."""

from datetime import datetime
from functools import partial

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from callcrm.carrier import messages as heard
from callcrm.carrier.events import Malformed
from callcrm.carrier.form import Form
from callcrm.config import Settings
from callcrm.jobs import spool_replay
from callcrm.messages import receive
from callcrm.services import Services

from .answer import durable, malformed


async def message(request: Request) -> Response:
    """A message somebody sent us: in the history before we answer."""
    form: Form = request.scope["form"]
    services: Services = request.app.state.services
    try:
        said = heard.parse_message(form)
    except Malformed as fault:
        return malformed(fault)
    verb = partial(_received, settings=services.settings, said=said, now=services.clock.now())
    return await durable(services, verb, spool_replay.message_record(form, status=False))


async def message_status(request: Request) -> Response:
    """How far a message of ours has come."""
    form: Form = request.scope["form"]
    services: Services = request.app.state.services
    try:
        said = heard.parse_message_status(form)
    except Malformed as fault:
        return malformed(fault)
    verb = partial(_delivered, settings=services.settings, said=said, now=services.clock.now())
    return await durable(services, verb, spool_replay.message_record(form, status=True))


def _received(session: Session, *, settings: Settings, said: heard.IncomingMessage, now: datetime) -> bool:
    return receive.record_incoming(session, settings, said, now)


def _delivered(session: Session, *, settings: Settings, said: heard.MessageStatus, now: datetime) -> bool:
    return receive.record_message_status(session, settings, said, now)
