"""What can be made to go wrong with the REST API and the recordings' sound, so many times."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum

from starlette.responses import RedirectResponse, Response, StreamingResponse

from callcrm.simulator.rest.errors import RestError, not_found

PIECES = 8
HUGE = 5 * 1024**3


class Kind(StrEnum):
    """How a request fails."""

    TOO_MANY = "429"
    SERVER_ERROR = "500"
    MISSING = "404"
    LATE = "late"  # right, but only after `seconds`
    ANSWER_LOST = "answer-lost"  # what was asked is done, and the answer is a 502
    GARBAGE = "garbage"  # 200 and JSON that is none
    TRUNCATED = "truncated"  # ends in the middle
    WRONG_TYPE = "wrong-type"  # an error page instead of sound
    EMPTY = "empty"
    REDIRECT = "redirect"  # to `location`
    SLOW = "slow"  # in pieces, one every `seconds`
    HUGE = "huge"  # a Content-Length of 5 GB


@dataclass
class Fault:
    """A failure of the next `times` requests whose method and path fit; `seconds` are real ones."""

    kind: Kind
    path: str = "/"  # a part of it
    method: str = ""
    times: int = 1
    seconds: float = 0.1
    location: str = "http://127.0.0.1:1/"


@dataclass
class Faults:
    """The failures still to come."""

    coming: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Let something go wrong."""
        self.coming.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """The failure of this request, if it shall fail."""
        for fault in self.coming:
            if fault.times > 0 and fault.path in path and fault.method in ("", method):
                fault.times -= 1
                return fault
        return None


def instead(fault: Fault) -> Response | None:
    """The answer to a request that is not even looked at; None if it is carried out."""
    match fault.kind:
        case Kind.TOO_MANY:
            return RestError(429, 20429, "Too many requests").response()
        case Kind.SERVER_ERROR:
            return RestError(500, 20500, "Internal server error").response()
        case Kind.MISSING:
            return not_found().response()
        case Kind.GARBAGE:
            return Response('{"sid": "CA', media_type="application/json")
        case Kind.REDIRECT:
            return RedirectResponse(fault.location, 302)
        case _:
            return None


async def damaged(fault: Fault, answer: Response) -> Response:
    """The right answer, as it arrives."""
    body, kind = bytes(answer.body), answer.headers.get("content-type", "")
    match fault.kind:
        case Kind.LATE:
            await asyncio.sleep(fault.seconds)
            return answer
        case Kind.ANSWER_LOST:
            return Response("Bad gateway", 502)
        case Kind.TRUNCATED:
            return _promising(body[: len(body) // 2], len(body), kind)
        case Kind.HUGE:
            return _promising(body, HUGE, kind)
        case Kind.WRONG_TYPE:
            return Response("<html>Sorry</html>", media_type="text/html")
        case Kind.EMPTY:
            return Response(b"", media_type=kind)
        case Kind.SLOW:
            return StreamingResponse(_dripping(body, fault.seconds), media_type=kind)
        case _:
            return answer


def _promising(body: bytes, length: int, kind: str) -> Response:
    """An answer that claims more bytes than it brings."""
    return StreamingResponse(_dripping(body, 0), headers={"Content-Length": str(length)}, media_type=kind)


async def _dripping(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    size = max(1, -(-len(body) // PIECES))
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(seconds)
