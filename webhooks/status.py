"""The status callback of one of our numbers: a call's end, or its progress."""

from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.ledger.event_store import Event

from .answer import accept_callback


async def status(request: Request) -> Response:
    """A call status callback. A number's fires once, at the end; a call of ours has one for each stage."""
    return await accept_callback(request, partial(parse_status, dict(request.query_params)))


def parse_status(query: dict[str, str], path: str, form: Form, now: datetime) -> Event:
    """The event of a call status callback; Malformed if it has no usable SID or status."""
    return events.parse_leg_status(path, query, form, now)
