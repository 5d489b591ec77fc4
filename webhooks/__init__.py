"""The carrier's edge: one file a webhook, the signature on the mount."""

from starlette.middleware import Middleware
from starlette.routing import Mount, Route, Router

from .client import client
from .leg import leg, screen
from .message import message, message_status
from .outbound import outbound
from .position import position
from .recording import recording
from .signature import SignatureMiddleware
from .status import status
from .voice import fallback, voice

# A redirect would lose the keys a caller pressed: the carrier follows it without them.
_router = Router(
    [
        Route("/voice", voice, methods=["POST"]),
        Route("/voice/fallback", fallback, methods=["POST"]),
        Route("/status", status, methods=["POST"]),
        Route("/recording", recording, methods=["POST"]),
        Route("/client", client, methods=["POST"]),
        Route("/message", message, methods=["POST"]),
        Route("/message/status", message_status, methods=["POST"]),
        Route("/outbound", outbound, methods=["POST"]),
        Route("/leg", leg, methods=["POST"]),
        Route("/screen", screen, methods=["POST"]),
        # `name` is a queue's where the kind of position belongs to a queue, else a node's.
        Route("/at/{kind}/{flow}/{name}", position, methods=["POST"]),
    ],
    redirect_slashes=False,
)
routes = [Mount("/webhooks/twilio", app=_router, middleware=[Middleware(SignatureMiddleware)])]
