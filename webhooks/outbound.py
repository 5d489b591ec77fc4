"""A call we asked the carrier to place: the agent's phone has been picked up."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from callcrm.calls.outgoing import agent_legs
from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.ivr.steps import NodeKind, Position

from .answer import call_flow


async def outbound(request: Request) -> Response:
    """Ring the customer, now that the agent is there."""
    return await call_flow(request, _picked_up, agent_legs.picked_up)


def _picked_up(path: str, form: Form, now: datetime) -> events.FlowRequest | None:
    return events.parse_flow_request("outbound", path, Position(NodeKind.DONE), form, now)
