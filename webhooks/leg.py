"""One phone that we rang: its status callbacks, and whether a human answered (call screening)."""

from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from callcrm.calls.ingest import screening
from callcrm.carrier import events
from callcrm.carrier.form import Form

from .answer import accept_callback, answer_call_flow
from .status import parse_status


async def leg(request: Request) -> Response:
    """The status callback of a Number, Client or Sip in a Dial of ours."""
    return await accept_callback(request, partial(parse_status, dict(request.query_params)))


async def screen(request: Request) -> Response:
    """The whisper of a leg: whoever answered is asked to press 1, or has, before the caller is connected."""
    query = dict(request.query_params)
    # The carrier pads a Dial's timeout by about 5 s: long enough for a mobile's voicemail to answer first.
    return await answer_call_flow(
        request, partial(_parse, query), screening.answer_request, None, screening.answer_offline
    )


def _parse(query: dict[str, str], path: str, form: Form, now: datetime) -> events.FlowRequest | None:
    return events.parse_screening(path, query, form, now)
