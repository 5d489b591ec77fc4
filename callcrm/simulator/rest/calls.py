"""Calls in the REST API: create, list, fetch, redirect and end them."""

import re
from typing import Any

from starlette.responses import JSONResponse, Response

from callcrm.simulator.carrier import OutboundCall
from callcrm.simulator.leg import MAX_CALL_SECONDS, Leg, StatusCallback
from callcrm.simulator.parties.media import Dropped, Redirected
from callcrm.simulator.rest.base import VERSION, ApiRequest, api_time, date_matches, page_response
from callcrm.simulator.rest.errors import RestError, not_found
from callcrm.simulator.twiml.document_runner import Goto

CALLABLE_ADDRESS = re.compile(r"\+[1-9]\d{6,14}|client:[\w.@%-]{1,256}|sip:[^\s<>]{3,256}")
BEFORE_ANSWER = ("queued", "initiated", "ringing")


async def create(request: ApiRequest) -> Response:
    """Place a call for the app."""
    to = request.required("To", 21201)
    from_ = request.required("From", 21213)
    if not CALLABLE_ADDRESS.fullmatch(to):
        raise RestError(400, 21211, f"The phone number you are attempting to call, {to}, is not valid.")
    numbers = {number.phone_number for number in request.api.carrier.numbers}
    if numbers and from_ not in numbers:
        raise RestError(400, 21212, f"The phone number, {from_}, is not one of this account's.")
    call = OutboundCall(
        to,
        from_,
        _goto(request),
        _ring_seconds(request),
        _status_callback(request),
        request.optional("FallbackUrl"),
        _time_limit(request) or MAX_CALL_SECONDS,
    )
    return JSONResponse(call_json(request, request.api.carrier.place(call)), 201)


def _goto(request: ApiRequest) -> Goto:
    twiml = request.optional("Twiml")
    if twiml is not None:
        return Goto("", twiml=twiml.encode())
    return Goto(request.required("Url", 21205), request.optional("Method") or "POST")


def _status_callback(request: ApiRequest) -> StatusCallback | None:
    url = request.optional("StatusCallback")
    # Repeated form keys here, one string with spaces in TwiML.
    events = request.repeated("StatusCallbackEvent") or ("completed",)
    return StatusCallback(url, events, request.optional("StatusCallbackMethod") or "POST") if url else None


def _ring_seconds(request: ApiRequest) -> float:
    text = request.optional("Timeout") or "60"
    if not (text.isascii() and text.isdigit()):
        raise RestError(400, 21218, "Timeout is not a number")
    return min(600, max(5, int(text)))


def _time_limit(request: ApiRequest) -> float | None:
    text = request.optional("TimeLimit")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise RestError(400, 21218, "TimeLimit is not a number of seconds")
    return min(MAX_CALL_SECONDS, int(text))


async def list_all(request: ApiRequest) -> Response:
    """The account's calls, newest first, child legs among them."""
    legs = [leg for leg in reversed(request.api.carrier.state.legs.values()) if _matches(leg, request.query)]
    return page_response(request, "calls", [call_json(request, leg) for leg in legs])


def _matches(leg: Leg, query: dict[str, str]) -> bool:
    values = {"To": leg.to, "From": leg.from_, "Status": leg.status, "ParentCallSid": _parent_sid(leg)}
    if any(query.get(name, value) != value for name, value in values.items()):
        return False
    return date_matches(query, "StartTime", leg.truth.started)


async def fetch(request: ApiRequest) -> Response:
    """One call."""
    return JSONResponse(call_json(request, _leg(request)))


async def update(request: ApiRequest) -> Response:
    """Redirect a live call to another document, or end it."""
    leg = _leg(request)
    limit = _time_limit(request)
    status, twiml, url = request.optional("Status"), request.optional("Twiml"), request.optional("Url")
    if leg.over or leg.audio_in.pending_interrupt is not None:
        raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
    if limit is not None:
        leg.time_limit = limit
        leg.limit_changed.set()
    if status in ("completed", "canceled"):
        _end(leg, status)
    elif twiml is not None or url is not None:
        if leg.status in BEFORE_ANSWER:
            raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
        document = (twiml or "").encode()
        leg.audio_in.interrupt(Redirected(url or "", request.optional("Method") or "POST", document))
    return JSONResponse(call_json(request, leg))


def _end(leg: Leg, status: str) -> None:
    if leg.status in BEFORE_ANSWER:
        status = "canceled"
    elif status == "canceled":
        raise RestError(400, 21220, "Call is in-progress. Cannot cancel.")
    leg.audio_in.interrupt(Dropped(status))


def _leg(request: ApiRequest) -> Leg:
    leg = request.api.carrier.state.legs.get(request.http.path_params["sid"])
    if leg is None:
        raise not_found()
    return leg


def _parent_sid(leg: Leg) -> str | None:
    return leg.parent.sid if leg.parent else None


def call_json(request: ApiRequest, leg: Leg) -> dict[str, Any]:
    """A leg as the API's call resource. `duration` is seconds as text, absent until the end."""
    truth, uri = leg.truth, f"{request.api.prefix}/Calls/{leg.sid}.json"
    return {
        "sid": leg.sid,
        "account_sid": request.api.carrier.account_sid,
        "parent_call_sid": _parent_sid(leg),
        "from": leg.from_,
        "to": leg.to,
        "from_formatted": leg.from_,
        "to_formatted": leg.to,
        "status": leg.status,
        "direction": leg.direction,
        "answered_by": None,
        "start_time": api_time(truth.answered or truth.started),
        "end_time": api_time(truth.ended),
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
        "date_created": api_time(truth.started),
        "date_updated": api_time(truth.ended or truth.answered or truth.started),
        "uri": uri,
        "subresource_uris": {"recordings": f"{request.api.prefix}/Calls/{leg.sid}/Recordings.json"},
    }
