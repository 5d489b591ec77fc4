"""The REST API's routes, and the two resources that need no file of their own: account and numbers."""

import hashlib

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from callcrm.simulator.rest import calls, messages, recordings
from callcrm.simulator.rest.base import VERSION, ApiRequest, Endpoint, RestApi, endpoint_route, page_response
from callcrm.simulator.rest.errors import not_found

ROOT = f"/{VERSION}/Accounts/{{account}}"


def rest_app(api: RestApi) -> Starlette:
    """The API as an ASGI app."""

    def route(path: str, endpoint: Endpoint, method: str = "GET") -> Route:
        return Route(ROOT + path, endpoint_route(api, endpoint), methods=[method])

    return Starlette(
        routes=[
            route("/Calls.json", calls.create, "POST"),
            route("/Calls.json", calls.list_all),
            route("/Calls/{sid}.json", calls.update, "POST"),
            route("/Calls/{sid}.json", calls.fetch),
            route("/Calls/{sid}/Recordings.json", recordings.list_all),
            route("/Recordings.json", recordings.list_all),
            route("/Recordings/{name}", recordings.delete, "DELETE"),
            route("/Recordings/{name}", recordings.fetch),
            route("/Messages.json", messages.create, "POST"),
            route("/Messages.json", messages.list_all),
            route("/Messages/{sid}.json", messages.fetch),
            route("/IncomingPhoneNumbers.json", list_numbers),
            Route(f"/{VERSION}/Accounts/{{account}}.json", endpoint_route(api, fetch_account)),
            Route("/{path:path}", endpoint_route(api, _not_found), methods=["GET", "POST", "DELETE"]),
        ]
    )


async def fetch_account(request: ApiRequest) -> Response:
    """The account itself."""
    sid = request.api.carrier.account_sid
    return JSONResponse({"sid": sid, "status": "active", "friendly_name": "Simulated", "type": "Full"})


async def list_numbers(request: ApiRequest) -> Response:
    """The account's numbers with their webhook URLs."""
    rows = [
        {
            "sid": "PN" + hashlib.sha256(number.phone_number.encode()).hexdigest()[:32],
            "phone_number": number.phone_number,
            "voice_url": number.voice_url,
            "voice_method": "POST",
            "voice_fallback_url": number.fallback_url or "",
            "status_callback": number.status_url or "",
            "sms_url": number.message_url or "",
        }
        for number in request.api.carrier.numbers
    ]
    return page_response(request, "incoming_phone_numbers", rows)


async def _not_found(request: ApiRequest) -> Response:
    raise not_found()
