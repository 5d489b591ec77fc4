"""Calls in the REST API: place, list, look up, redirect and end them."""

import re
from typing import Any

from starlette.responses import JSONResponse, Response

from callcrm.simulator.carrier import Order
from callcrm.simulator.leg import Leg, StatusPlan
from callcrm.simulator.parties.media import Dropped, Redirected
from callcrm.simulator.rest.base import VERSION, Ask, listing, stamp, within
from callcrm.simulator.rest.errors import RestError, not_found
from callcrm.simulator.twiml.document_runner import Goto

REACHABLE = re.compile(r"\+[1-9]\d{6,14}|client:[\w.@%-]{1,256}|sip:[^\s<>]{3,256}")
BEFORE_ANSWER = ("queued", "initiated", "ringing")


async def create(ask: Ask) -> Response:
    """Ring somebody for the app."""
    to = ask.need("To", 21201)
    from_ = ask.need("From", 21213)
    if not REACHABLE.fullmatch(to):
        raise RestError(400, 21211, f"The phone number you are attempting to call, {to}, is not valid.")
    lines = {line.number for line in ask.rest.carrier.lines}
    if lines and from_ not in lines:
        raise RestError(400, 21212, f"The phone number, {from_}, is not one of this account's.")
    order = Order(to, from_, _goto(ask), _seconds(ask), _plan(ask), ask.text("FallbackUrl"))
    return JSONResponse(call_json(ask, ask.rest.carrier.place(order)), 201)


def _goto(ask: Ask) -> Goto:
    twiml = ask.text("Twiml")
    if twiml is not None:
        return Goto("", body=twiml.encode())
    return Goto(ask.need("Url", 21205), ask.text("Method") or "POST")


def _plan(ask: Ask) -> StatusPlan | None:
    url = ask.text("StatusCallback")
    events = ask.words("StatusCallbackEvent") or ("completed",)
    return StatusPlan(url, events, ask.text("StatusCallbackMethod") or "POST") if url else None


def _seconds(ask: Ask) -> float:
    text = ask.text("Timeout") or "60"
    if not (text.isascii() and text.isdigit()):
        raise RestError(400, 21218, "Timeout is not a number")
    return min(600, max(5, int(text)))


async def listed(ask: Ask) -> Response:
    """The account's calls, newest first."""
    query = dict(ask.request.query_params)
    legs = [leg for leg in reversed(ask.rest.carrier.switch.legs.values()) if _fits(leg, query)]
    return listing(ask, "calls", [call_json(ask, leg) for leg in legs])


def _fits(leg: Leg, query: dict[str, str]) -> bool:
    facts = {"To": leg.to, "From": leg.from_, "Status": leg.status, "ParentCallSid": _parent(leg)}
    if any(query.get(name, fact) != fact for name, fact in facts.items()):
        return False
    return within(query, "StartTime", leg.truth.started)


async def one(ask: Ask) -> Response:
    """One call."""
    return JSONResponse(call_json(ask, _leg(ask)))


async def update(ask: Ask) -> Response:
    """Send a live call to another document, or end it."""
    leg = _leg(ask)
    status, twiml, url = ask.text("Status"), ask.text("Twiml"), ask.text("Url")
    if leg.over or leg.ear.interrupt is not None:
        raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
    if status in ("completed", "canceled"):
        _end(leg, status)
    elif twiml is not None or url is not None:
        if leg.status in BEFORE_ANSWER:
            raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
        body = (twiml or "").encode()
        leg.ear.cut(Redirected(url or "", ask.text("Method") or "POST", body))
    return JSONResponse(call_json(ask, leg))


def _end(leg: Leg, status: str) -> None:
    if leg.status in BEFORE_ANSWER:
        status = "canceled"
    elif status == "canceled":
        raise RestError(400, 21220, "Call is in-progress. Cannot cancel.")
    leg.ear.cut(Dropped(status))


def _leg(ask: Ask) -> Leg:
    leg = ask.rest.carrier.switch.legs.get(ask.request.path_params["sid"])
    if leg is None:
        raise not_found()
    return leg


def _parent(leg: Leg) -> str | None:
    return leg.parent.sid if leg.parent else None


def call_json(ask: Ask, leg: Leg) -> dict[str, Any]:
    """A call as the API shows it."""
    truth, uri = leg.truth, f"{ask.rest.prefix}/Calls/{leg.sid}.json"
    return {
        "sid": leg.sid,
        "account_sid": ask.rest.carrier.account_sid,
        "parent_call_sid": _parent(leg),
        "from": leg.from_,
        "to": leg.to,
        "from_formatted": leg.from_,
        "to_formatted": leg.to,
        "status": leg.status,
        "direction": leg.direction,
        "answered_by": None,
        "start_time": stamp(truth.answered or truth.started),
        "end_time": stamp(truth.ended),
        "duration": str(truth.seconds) if truth.ended else None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "phone_number_sid": None,
        "caller_name": None,
        "forwarded_from": None,
        "trunk_sid": None,
        "group_sid": None,
        "annotation": None,
        "api_version": VERSION,
        "date_created": stamp(truth.started),
        "date_updated": stamp(truth.ended or truth.answered or truth.started),
        "uri": uri,
        "subresource_uris": {"recordings": f"{ask.rest.prefix}/Calls/{leg.sid}/Recordings.json"},
    }
