"""An incoming call, or one that comes back because our answer to it failed."""

import re
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.ivr.steps import NodeKind, Position

from .answer import answer_call_flow

STEP = re.compile(r"[?&]step=([0-9]{1,6})(?:&|$)")
MAX_URL = 2000  # characters of ErrorUrl that are looked at


async def voice(request: Request) -> Response:
    """A number's Voice URL: the flow from its start."""
    return await answer_call_flow(request, partial(_parse, "voice", Position(NodeKind.START)))


async def fallback(request: Request) -> Response:
    """A number's Fallback URL: something of ours has failed, so the caller goes to the operator at once."""
    return await answer_call_flow(request, _parse_fallback)


def _parse(kind: str, position: Position, path: str, form: Form, now: datetime) -> events.FlowRequest | None:
    return events.parse_flow_request(kind, path, position, form, now)


def _parse_fallback(path: str, form: Form, now: datetime) -> events.FlowRequest | None:
    """`ErrorUrl` is the URL that failed: the step after the one it names keeps the call's events in order."""
    failed = STEP.search((form.get("ErrorUrl") or "")[:MAX_URL])
    step = int(failed[1]) + 1 if failed else 1
    position = Position(NodeKind.OPERATOR, step=step)
    return events.parse_flow_request("fallback", path, position, form, now)
