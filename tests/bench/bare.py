"""The yardstick: a Starlette handler that checks the signature and answers a document, and nothing else."""

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

VALIDATOR = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
PUBLIC_URL = os.environ["CALLCRM_PUBLIC_URL"]
SIZE = int(os.environ.get("BENCH_DOCUMENT_SIZE", "600"))
START, END = '<?xml version="1.0" encoding="UTF-8"?><Response><Say>', "</Say></Response>"
DOCUMENT = START + "x" * (SIZE - len(START) - len(END)) + END


async def voice(request: Request) -> Response:
    """403 or the document."""
    form = await request.form()
    signature = request.headers.get("x-twilio-signature", "")
    if not VALIDATOR.validate(PUBLIC_URL + request.url.path, form, signature):
        return Response(status_code=403)
    return Response(DOCUMENT, media_type="application/xml")


app = Starlette(routes=[Route("/webhooks/twilio/voice", voice, methods=["POST"])])
