"""Messages in the REST API: send, list, look up."""

from typing import Any

from starlette.responses import JSONResponse, Response

from callcrm.simulator.messages import Message
from callcrm.simulator.rest.base import VERSION, Ask, listing, stamp, within
from callcrm.simulator.rest.errors import RestError, not_found

LONGEST = 1600


async def create(ask: Ask) -> Response:
    """Send a message."""
    to, from_, body = ask.need("To", 21604), ask.need("From", 21603), ask.need("Body", 21602)
    texts = ask.rest.carrier.texts
    if len(body) > LONGEST:
        raise RestError(400, 21617, "The message body exceeds the 1600 character limit.")
    if not to.removeprefix("whatsapp:").startswith("+"):
        raise RestError(400, 21211, f"The 'To' number {to} is not a valid phone number.")
    if to in texts.opted_out:
        raise RestError(400, 21610, "Attempt to send to unsubscribed recipient")
    return JSONResponse(text_json(ask, texts.send(from_, to, body, ask.text("StatusCallback"))), 201)


async def listed(ask: Ask) -> Response:
    """The account's messages, newest first."""
    query = dict(ask.request.query_params)
    rows = [
        text_json(ask, text)
        for text in reversed(ask.rest.carrier.texts.by_sid.values())
        if query.get("To", text.to) == text.to
        and query.get("From", text.from_) == text.from_
        and within(query, "DateSent", text.created)
    ]
    return listing(ask, "messages", rows)


async def one(ask: Ask) -> Response:
    """One message."""
    text = ask.rest.carrier.texts.by_sid.get(ask.request.path_params["sid"])
    if text is None:
        raise not_found()
    return JSONResponse(text_json(ask, text))


def text_json(ask: Ask, text: Message) -> dict[str, Any]:
    """A message as the API shows it."""
    return {
        "sid": text.sid,
        "account_sid": ask.rest.carrier.account_sid,
        "from": text.from_,
        "to": text.to,
        "body": text.body,
        "direction": text.direction,
        "status": text.status,
        "error_code": text.error_code,
        "error_message": None,
        "num_segments": "1",
        "num_media": "0",
        "date_created": stamp(text.created),
        "date_sent": stamp(text.created),
        "api_version": VERSION,
        "uri": f"{ask.rest.prefix}/Messages/{text.sid}.json",
    }
