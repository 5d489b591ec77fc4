"""Fault injection for the REST API and the media of recordings: what goes wrong, and how many times."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum

from starlette.responses import RedirectResponse, Response, StreamingResponse

from callcrm.simulator.rest.errors import RestError, not_found

PIECES = 8
HUGE_BYTES = 5 * 1024**3


class FaultKind(StrEnum):
    """How a request fails."""

    TOO_MANY = "429"
    SERVER_ERROR = "500"
    MISSING = "404"
    LATE = "late"  # right, but only after `seconds`
    ANSWER_LOST = "answer-lost"  # the request is carried out, and the response is a 502
    GARBAGE = "garbage"  # 200 and a body that is no JSON
    TRUNCATED = "truncated"  # ends in the middle
    WRONG_TYPE = "wrong-type"  # an error page in place of sound
    EMPTY = "empty"
    REDIRECT = "redirect"  # to `location`
    SLOW = "slow"  # in pieces, one every `seconds`
    HUGE = "huge"  # a Content-Length of 5 GB


@dataclass
class RestFault:
    """A failure of the next `times` requests whose method and path fit; `seconds` are real ones."""

    kind: FaultKind
    path: str = "/"  # a part of it
    method: str = ""
    times: int = 1
    seconds: float = 0.1
    location: str = "http://127.0.0.1:1/"


@dataclass
class RestFaults:
    """The failures still to come."""

    pending: list[RestFault] = field(default_factory=list)

    def add(self, fault: RestFault) -> None:
        """Let requests fail like this."""
        self.pending.append(fault)

    def take(self, method: str, path: str) -> RestFault | None:
        """The failure for this request, counted as used; None if it shall not fail."""
        for fault in self.pending:
            if fault.times > 0 and fault.path in path and fault.method in ("", method):
                fault.times -= 1
                return fault
        return None


def response_instead(fault: RestFault) -> Response | None:
    """The response to a request that is not carried out; None for the faults of which it is."""
    match fault.kind:
        case FaultKind.TOO_MANY:
            return RestError(429, 20429, "Too many requests").response()
        case FaultKind.SERVER_ERROR:
            return RestError(500, 20500, "Internal server error").response()
        case FaultKind.MISSING:
            return not_found().response()
        case FaultKind.GARBAGE:
            return Response('{"sid": "CA', media_type="application/json")
        case FaultKind.REDIRECT:
            return RedirectResponse(fault.location, 302)
        case _:
            return None


async def damage(fault: RestFault, response: Response) -> Response:
    """What arrives of the right response."""
    body, media_type = bytes(response.body), response.headers.get("content-type", "")
    match fault.kind:
        case FaultKind.LATE:
            await asyncio.sleep(fault.seconds)
            return response
        case FaultKind.ANSWER_LOST:
            return Response("Bad gateway", 502)
        case FaultKind.TRUNCATED:
            return _claiming_length(body[: len(body) // 2], len(body), media_type)
        case FaultKind.HUGE:
            return _claiming_length(body, HUGE_BYTES, media_type)
        case FaultKind.WRONG_TYPE:
            return Response("<html>Sorry</html>", media_type="text/html")
        case FaultKind.EMPTY:
            return Response(b"", media_type=media_type)
        case FaultKind.SLOW:
            return StreamingResponse(_in_pieces(body, fault.seconds), media_type=media_type)
        case _:
            return response


def _claiming_length(body: bytes, length: int, media_type: str) -> Response:
    """A response whose Content-Length is more than it brings."""
    headers = {"Content-Length": str(length)}
    return StreamingResponse(_in_pieces(body, 0), headers=headers, media_type=media_type)


async def _in_pieces(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    size = max(1, -(-len(body) // PIECES))
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(seconds)
