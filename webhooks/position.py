"""The next request of a call in a flow, at the position its URL names."""

from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from callcrm.carrier import events, urls
from callcrm.carrier.form import Form
from callcrm.ivr.steps import Position

from .answer import answer_call_flow


async def position(request: Request) -> Response:
    """Every action, redirect and wait URL of our own documents leads here."""
    parsed = urls.position_from(request.path_params, request.query_params)
    return await answer_call_flow(request, partial(_parse, parsed))


def _parse(position: Position, path: str, form: Form, now: datetime) -> events.FlowRequest | None:
    return events.parse_flow_request(position.kind, path, position, form, now)
