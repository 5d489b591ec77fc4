"""A recording is ready, or there is none."""

from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.ledger.event_store import Event

from .answer import accept_callback


async def recording(request: Request) -> Response:
    """A recording status callback: only after it can the audio be fetched, though actions name it earlier."""
    return await accept_callback(request, partial(_parse, dict(request.query_params)))


def _parse(query: dict[str, str], path: str, form: Form, now: datetime) -> Event:
    return events.parse_recording_status(path, query, form, now)
