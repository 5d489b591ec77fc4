"""What the carrier makes of the app's response to a call-flow request: content to run, or a failure."""

from dataclasses import dataclass
from urllib.parse import urljoin

MAX_BYTES = 64 * 1024  # of a document
TWIML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """An HTTP response as it arrived, after redirects; `url` is where it came from."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class WebhookFailure:
    """Why a request failed, with the carrier's error code.

    `kind` is what a retry policy names (ct, rt, 4xx, 5xx), or other.
    """

    code: int
    reason: str
    kind: str = "other"


@dataclass(frozen=True, slots=True)
class AudioDocument:
    """The app responded with audio: it is played, then the call ends."""

    url: str


@dataclass(frozen=True, slots=True)
class TwimlBody:
    """The app responded with what should be TwiML; `lenient`: plain text, spoken if it is none."""

    url: str
    body: bytes
    lenient: bool = False


def classify(response: WebhookResponse) -> TwimlBody | AudioDocument | WebhookFailure:
    """Apply the carrier's rules of status, size and content type."""
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    failure = _status_failure(response)
    if failure:
        return failure
    if media_type.startswith("audio/"):
        return AudioDocument(response.url)
    if len(response.body) > MAX_BYTES:
        return WebhookFailure(11750, f"{len(response.body)} bytes")
    if media_type in TWIML_TYPES or media_type == "text/plain":
        return TwimlBody(response.url, response.body, lenient=media_type == "text/plain")
    return WebhookFailure(12300, f"content type {media_type or 'missing'}")


def _status_failure(response: WebhookResponse) -> WebhookFailure | None:
    if response.status >= 500:
        return WebhookFailure(11200, f"status {response.status}", "5xx")
    if not 200 <= response.status < 300:
        return WebhookFailure(11200, f"status {response.status}", "4xx")
    return None if response.body else WebhookFailure(11770, "empty body")


def redirect_target(response: WebhookResponse) -> str | None:
    """Where a 3xx response sends the carrier, or None."""
    location = response.headers.get("location")
    return urljoin(response.url, location) if 300 <= response.status < 400 and location else None
