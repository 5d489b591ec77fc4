"""A call's end, or its progress."""

from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.ledger.event_store import Event

from .answer import report


async def status(request: Request) -> Response:
    """A number's call status callback."""
    return await report(request, partial(_status, dict(request.query_params)))


def _status(query: dict[str, str], path: str, form: Form, now: datetime) -> Event:
    return events.parse_leg_status(path, query, form, now)
