"""The carrier's REST API, as much of it as a call-centre needs."""

import hashlib

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from callcrm.simulator.rest import calls, messages, recordings
from callcrm.simulator.rest.base import VERSION, Ask, Endpoint, Rest, door, listing
from callcrm.simulator.rest.errors import not_found

ROOT = f"/{VERSION}/Accounts/{{account}}"


def rest_app(rest: Rest) -> Starlette:
    """The API as an ASGI app."""

    def route(path: str, endpoint: Endpoint, method: str = "GET") -> Route:
        return Route(ROOT + path, door(rest, endpoint), methods=[method])

    return Starlette(
        routes=[
            route("/Calls.json", calls.create, "POST"),
            route("/Calls.json", calls.listed),
            route("/Calls/{sid}.json", calls.update, "POST"),
            route("/Calls/{sid}.json", calls.one),
            route("/Calls/{sid}/Recordings.json", recordings.listed),
            route("/Recordings.json", recordings.listed),
            route("/Recordings/{name}", recordings.delete, "DELETE"),
            route("/Recordings/{name}", recordings.one),
            route("/Messages.json", messages.create, "POST"),
            route("/Messages.json", messages.listed),
            route("/Messages/{sid}.json", messages.one),
            route("/IncomingPhoneNumbers.json", numbers),
            Route(f"/{VERSION}/Accounts/{{account}}.json", door(rest, account)),
            Route("/{path:path}", door(rest, _nothing), methods=["GET", "POST", "DELETE"]),
        ]
    )


async def account(ask: Ask) -> Response:
    """The account itself."""
    sid = ask.rest.carrier.account_sid
    return JSONResponse({"sid": sid, "status": "active", "friendly_name": "Simulated", "type": "Full"})


async def numbers(ask: Ask) -> Response:
    """The account's numbers and where their calls and messages go."""
    rows = [
        {
            "sid": "PN" + hashlib.sha256(line.number.encode()).hexdigest()[:32],
            "phone_number": line.number,
            "voice_url": line.voice_url,
            "voice_method": "POST",
            "voice_fallback_url": line.fallback_url or "",
            "status_callback": line.status_url or "",
            "sms_url": line.message_url or "",
        }
        for line in ask.rest.carrier.lines
    ]
    return listing(ask, "incoming_phone_numbers", rows)


async def _nothing(ask: Ask) -> Response:
    raise not_found()
