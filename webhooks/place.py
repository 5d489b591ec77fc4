"""A caller's next turn, at the place the URL names."""

from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from callcrm.carrier import events, urls
from callcrm.carrier.form import Form
from callcrm.ivr.steps import Position

from .answer import call_flow


async def place(request: Request) -> Response:
    """Whatever a document of ours told the carrier to ask next."""
    where = urls.position_from(request.path_params, request.query_params)
    return await call_flow(request, partial(_at, where))


def _at(where: Position, path: str, form: Form, now: datetime) -> events.FlowRequest | None:
    return events.parse_flow_request(where.kind, path, where, form, now)
