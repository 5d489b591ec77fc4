"""A call we asked the carrier to place: the agent's phone has been picked up."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from callcrm.calls import dialing
from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.ivr.steps import Place, Spot

from .answer import call_flow


async def outbound(request: Request) -> Response:
    """Ring the customer, now that the agent is there."""
    return await call_flow(request, _picked_up, dialing.picked_up)


def _picked_up(path: str, form: Form, now: datetime) -> events.Request | None:
    return events.request("outbound", path, Place(Spot.DONE), form, now)
