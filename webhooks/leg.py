"""One phone that we rang: how it fares, and whether a human picked up."""

from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from callcrm.calls.ingest import screening as screens
from callcrm.carrier import events
from callcrm.carrier.form import Form

from .answer import call_flow, report
from .status import _status


async def leg(request: Request) -> Response:
    """The status callback of a phone rung by a Dial of ours."""
    return await report(request, partial(_status, dict(request.query_params)))


async def screen(request: Request) -> Response:
    """Whoever picked up is asked to press 1, or has."""
    query = dict(request.query_params)
    return await call_flow(
        request, partial(_screening, query), screens.answer_request, screens.answer_offline
    )


def _screening(query: dict[str, str], path: str, form: Form, now: datetime) -> events.FlowRequest | None:
    return events.parse_screening(path, query, form, now)
