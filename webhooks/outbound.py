"""A call we asked the carrier to place: the agent's phone has answered."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from callcrm.calls.outgoing import agent_legs
from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.ivr.steps import NodeKind, Position

from .answer import answer_call_flow


async def outbound(request: Request) -> Response:
    """Ring the customer, now that the agent has answered. If they do not, this is never requested."""
    return await answer_call_flow(request, _parse, agent_legs.picked_up, None)


def _parse(path: str, form: Form, now: datetime) -> events.FlowRequest | None:
    return events.parse_flow_request("outbound", path, Position(NodeKind.DONE), form, now)
