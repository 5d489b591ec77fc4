"""A call from an agent's browser softphone: the Voice URL of the carrier's TwiML application."""

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
from callcrm.ledger.event_store import Event

from .answer import answer_call_flow


async def client(request: Request) -> Response:
    """Ring whom the agent dialled.

    `From` is vouched for by the softphone's access token. `To` is not: it is whatever the page's script
    passed to connect(), so it is checked as anything typed by a browser.
    """
    answer = partial(_answer, dialled_number=request.scope["form"].get("To"))
    return await answer_call_flow(request, _parse, answer, None)


def _parse(path: str, form: Form, now: datetime) -> events.FlowRequest | None:
    return events.parse_flow_request("client", path, Position(NodeKind.DONE), form, now)


def _answer(
    session: Session,
    runtime: CallRuntime,
    request: events.FlowRequest,
    now: datetime,
    *,
    dialled_number: str | None,
) -> Event:
    return agent_legs.dialled(session, runtime, request, dialled_number, now)
