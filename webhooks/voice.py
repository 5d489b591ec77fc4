"""A call comes in, or comes back because our first answer failed."""

import re
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.ivr.steps import NodeKind, Position

from .answer import call_flow

STEP = re.compile(r"[?&]step=([0-9]{1,6})(?:&|$)")


async def voice(request: Request) -> Response:
    """A number's Voice URL: the flow from its start."""
    return await call_flow(request, partial(_at, "voice", Position(NodeKind.START)))


async def fallback(request: Request) -> Response:
    """A number's Fallback URL: something of ours has failed, so the caller goes to the operator at once."""
    return await call_flow(request, _after_fault)


def _at(kind: str, place: Position, path: str, form: Form, now: datetime) -> events.FlowRequest | None:
    return events.parse_flow_request(kind, path, place, form, now)


def _after_fault(path: str, form: Form, now: datetime) -> events.FlowRequest | None:
    failed = STEP.search((form.get("ErrorUrl") or "")[:2000])
    step = int(failed[1]) + 1 if failed else 1
    return events.parse_flow_request("fallback", path, Position(NodeKind.OPERATOR, step=step), form, now)
