"""A call from an agent's browser softphone."""

from datetime import datetime
from functools import partial

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from callcrm.calls.outgoing import agent_legs
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.ivr.steps import NodeKind, Position

from .answer import call_flow


async def client(request: Request) -> Response:
    """The Voice URL of the carrier's application: ring whom the agent dialled."""
    return await call_flow(request, _dialling, partial(_dialled, wanted=request.scope["form"].get("To")))


def _dialling(path: str, form: Form, now: datetime) -> events.FlowRequest | None:
    return events.parse_flow_request("client", path, Position(NodeKind.DONE), form, now)


def _dialled(
    session: Session, runtime: CallRuntime, request: events.FlowRequest, now: datetime, *, wanted: str | None
) -> str:
    return agent_legs.dialled(session, runtime, request, wanted, now)
