"""Messages in the REST API: create, list, fetch."""

from typing import Any

from starlette.responses import JSONResponse, Response

from callcrm.simulator.messages import Message
from callcrm.simulator.rest.base import VERSION, ApiRequest, api_time, date_matches, page_response
from callcrm.simulator.rest.errors import RestError, not_found

MAX_BODY_LENGTH = 1600  # characters


async def create(request: ApiRequest) -> Response:
    """Send a message for the app."""
    to, from_ = request.required("To", 21604), request.required("From", 21603)
    body = request.required("Body", 21602)
    messages = request.api.carrier.messages
    if len(body) > MAX_BODY_LENGTH:
        raise RestError(400, 21617, "The message body exceeds the 1600 character limit.")
    if not to.removeprefix("whatsapp:").startswith("+"):
        raise RestError(400, 21211, f"The 'To' number {to} is not a valid phone number.")
    if to in messages.opted_out:
        raise RestError(400, 21610, "Attempt to send to unsubscribed recipient")
    message = messages.send(from_, to, body, request.optional("StatusCallback"))
    return JSONResponse(message_json(request, message), 201)


async def list_all(request: ApiRequest) -> Response:
    """The account's messages, newest first."""
    query = request.query
    rows = [
        message_json(request, message)
        for message in reversed(request.api.carrier.messages.by_sid.values())
        if query.get("To", message.to) == message.to
        and query.get("From", message.from_) == message.from_
        and date_matches(query, "DateSent", message.created)
    ]
    return page_response(request, "messages", rows)


async def fetch(request: ApiRequest) -> Response:
    """One message."""
    message = request.api.carrier.messages.by_sid.get(request.http.path_params["sid"])
    if message is None:
        raise not_found()
    return JSONResponse(message_json(request, message))


def message_json(request: ApiRequest, message: Message) -> dict[str, Any]:
    """A message as the API's resource."""
    return {
        "sid": message.sid,
        "account_sid": request.api.carrier.account_sid,
        "from": message.from_,
        "to": message.to,
        "body": message.body,
        "direction": message.direction,
        "status": message.status,
        "error_code": message.error_code,
        "error_message": None,
        "num_segments": "1",
        "num_media": "0",
        "date_created": api_time(message.created),
        "date_sent": api_time(message.created),
        "api_version": VERSION,
        "uri": f"{request.api.prefix}/Messages/{message.sid}.json",
    }
