"""The carrier's request signature: an implementation of its own, so that it tests the app's."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

Params = Iterable[tuple[str, str]]


def sign(token: str, url: str, params: Params = (), *, algorithm: str = "sha1") -> str:
    """The signature of a request to `url` with these form parameters, keyed with the account's auth token."""
    values: dict[str, set[str]] = {}
    for name, value in params:
        values.setdefault(name, set()).add(value)
    # A name sent twice counts with its values sorted and each but once; there are no delimiters.
    parts = [url, *(name + value for name in sorted(values) for value in sorted(values[name]))]
    digest = hmac.new(token.encode(), "".join(parts).encode(), algorithm).digest()
    return base64.b64encode(digest).decode()


def body_hash(body: bytes) -> str:
    """The value of `bodySHA256` for a JSON body."""
    return hashlib.sha256(body).hexdigest()


def url_as_signed(url: str, *, is_voice: bool = True) -> str:
    """The URL the carrier signs: no fragment, no credentials, and for voice over TLS no port."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    if is_voice and parts.scheme == "https" and parts.port is not None:
        netloc = netloc.rpartition(":")[0]
    return urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
