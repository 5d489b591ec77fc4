"""What every page brings and demands: its cookie, its policy, and proof that a form came from us."""

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from callcrm.config import Settings

FIELD, HEADER = "csrf", "x-csrf-token"
SAFE = frozenset({"GET", "HEAD"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-src {frames}; frame-ancestors {ancestors}"
)


def policy(*, framed: bool) -> str:
    """The content security policy: nothing inline, nothing from elsewhere; `framed` is the demo's alone."""
    allowed = "'self'" if framed else "'none'"
    return POLICY.format(frames=allowed, ancestors=allowed)


def cookie_name(settings: Settings) -> str:
    """`__Host-` wherever there is TLS; a browser refuses it without."""
    return "__Host-callcrm" if over_tls(settings) else "callcrm"


def over_tls(settings: Settings) -> bool:
    """Whether browsers reach us by https."""
    return settings.public_url.startswith("https://")


def set_cookie(response: Response, settings: Settings, name: str, value: str) -> None:
    """For this browser's session; an empty value takes it away."""
    response.set_cookie(
        name,
        value,
        max_age=None if value else 0,
        path="/",
        secure=over_tls(settings),
        httponly=True,
        samesite="lax",
    )


def from_us(request: Request) -> bool:
    """Whether a browser says that one of our own pages made the request; a program says nothing."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def proves(given: object, expected: str) -> bool:
    """Whether a form brought back what we put into it."""
    return isinstance(given, str) and hmac.compare_digest(given.encode(), expected.encode())
