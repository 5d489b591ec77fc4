"""Cookies, content policy and protection against forged requests (CSRF)."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from callcrm.config import Settings
from callcrm.edge.hosts import host_of_origin

FIELD, HEADER = "csrf", "x-csrf-token"
LOCAL_PATH = re.compile(r"/(?!/)[!-\[\]-~]*")  # no second slash, no backslash, nothing a browser drops
LONGEST_PATH = 500
SAFE_METHODS = frozenset({"GET", "HEAD"})
BASE_DIRECTIVES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'"
)


@dataclass(frozen=True, slots=True)
class ContentPolicy:
    """What a page may load besides our own files: by default nothing inline, nothing from other origins.

    Each field adds sources to the directive of its name. A route that needs more says so itself (`get(...,
    policy=...)`), and no other page gets it.
    """

    connect: tuple[str, ...] = ("'self'",)
    media: tuple[str, ...] = ()
    worker: tuple[str, ...] = ()

    def with_more(self, other: "ContentPolicy") -> "ContentPolicy":
        """The sources of both policies."""
        return ContentPolicy(
            *(tuple(dict.fromkeys(getattr(self, name) + getattr(other, name))) for name in self.__slots__)
        )

    def header(self, *, framed: bool) -> str:
        """The value of the Content-Security-Policy header; `framed` lets our pages frame each other."""
        frames = ("'self'",) if framed else ()
        directives = {
            "connect-src": self.connect,
            "media-src": self.media,
            "worker-src": self.worker,
            "frame-src": frames,
            "frame-ancestors": frames,
        }
        return "; ".join(
            [
                BASE_DIRECTIVES,
                *(f"{name} {' '.join(sources) or NONE}" for name, sources in directives.items()),
            ]
        )


NONE = "'none'"
PLAIN = ContentPolicy()
PLAYER = ContentPolicy(media=("'self'", "blob:"))


def cookie_name(settings: Settings, what: str = "") -> str:
    """The name of the session cookie; under TLS with a prefix of a kind that browsers refuse without.

    `__Host-` is for a whole host: below a path, cookies are of that path alone.
    """
    name = f"callcrm-{what}" if what else "callcrm"
    if not over_tls(settings):
        return name
    return f"__Secure-{name}" if settings.path_prefix else f"__Host-{name}"


def over_tls(settings: Settings) -> bool:
    """Whether the public URL is https."""
    return settings.public_url.startswith("https://")


def set_cookie(
    response: Response, settings: Settings, name: str, value: str, *, seconds: int | None = None
) -> None:
    """Sets a cookie for the browser's session, or for so many `seconds`; an empty value deletes it."""
    response.set_cookie(
        name,
        value,
        max_age=seconds if value else 0,
        path=settings.path_prefix or "/",
        secure=over_tls(settings),
        httponly=True,
        samesite="lax",
    )


def is_same_origin(request: Request, settings: Settings) -> bool:
    """Whether a page of ours made the request, as the browser says; True for programs, which say nothing.

    A browser without `Sec-Fetch-Site`, or without TLS, sends the origin "null", since our pages forbid the
    referrer: then the form token decides alone.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin", "null")
    ours = (request.headers.get("host"), urlsplit(settings.public_url).netloc)
    return origin == "null" or host_of_origin(origin) in ours


def local_path(text: str) -> str:
    """The path within our site to go on to; "/" for anything that may lead to another site."""
    return text if len(text) <= LONGEST_PATH and LOCAL_PATH.fullmatch(text) else "/"


def tokens_match(token: object, expected: str) -> bool:
    """Whether the form token is the one issued; compared in constant time."""
    return isinstance(token, str) and hmac.compare_digest(token.encode(), expected.encode())


def form_policy(origins: Sequence[str]) -> str:
    """The policy of a public form: no script at all, and in frames of these origins alone."""
    return (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
        f"base-uri 'none'; frame-ancestors {' '.join(origins) or NONE}"
    )
