"""What the carrier makes of the app's answer to a call-flow request: a document, or a failure."""

from dataclasses import dataclass
from urllib.parse import urljoin

LIMIT = 64 * 1024
MARKUP = frozenset({"text/xml", "application/xml", "text/html"})


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer as it arrived, after redirects; `url` is where it came from."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request came to nothing, with the carrier's error code; `kind` is ct, rt, 4xx, 5xx or other."""

    code: int
    reason: str
    kind: str = "other"


@dataclass(frozen=True, slots=True)
class Audio:
    """The app answered a call-flow request with sound: it is played, then the call ends."""

    url: str


@dataclass(frozen=True, slots=True)
class Markup:
    """The app answered with what should be TwiML; `lenient` plain text is spoken if it is none."""

    url: str
    body: bytes
    lenient: bool = False


def judge(reply: Reply) -> Markup | Audio | Failure:
    """Apply the carrier's rules of status, size and content type."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    refusal = _refusal(reply)
    if refusal:
        return refusal
    if kind.startswith("audio/"):
        return Audio(reply.url)
    if len(reply.body) > LIMIT:
        return Failure(11750, f"{len(reply.body)} bytes")
    if kind in MARKUP or kind == "text/plain":
        return Markup(reply.url, reply.body, lenient=kind == "text/plain")
    return Failure(12300, f"content type {kind or 'missing'}")


def _refusal(reply: Reply) -> Failure | None:
    if reply.status >= 500:
        return Failure(11200, f"status {reply.status}", "5xx")
    if not 200 <= reply.status < 300:
        return Failure(11200, f"status {reply.status}", "4xx")
    return None if reply.body else Failure(11770, "empty body")


def redirect_target(reply: Reply) -> str | None:
    """Where a 3xx answer sends the carrier, or None."""
    location = reply.headers.get("location")
    return urljoin(reply.url, location) if 300 <= reply.status < 400 and location else None
