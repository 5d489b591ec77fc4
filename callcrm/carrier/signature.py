"""Whether a request was signed by the carrier: over our public URL, never over what its headers claim."""

import hmac
from collections.abc import Sequence
from functools import cache
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator

from callcrm.carrier.form import Form

HEADER = "x-twilio-signature"
DEFAULT_PORTS = {"https": 443, "http": 80}


@cache
def _validator(token: str) -> RequestValidator:
    return RequestValidator(token)


@cache
def _bases(public_url: str) -> tuple[str, ...]:
    """The public URL as configured, without its port and with one: the carrier signs either."""
    parts = urlsplit(public_url)
    host = parts.netloc.removesuffix(f":{parts.port}") if parts.port else parts.netloc
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return tuple(
        dict.fromkeys([public_url, *(f"{parts.scheme}://{h}{parts.path}" for h in (host, f"{host}:{port}"))])
    )


def sign(url: str, form: Form, token: str) -> str:
    """The signature the carrier would send: for tests of ourselves."""
    return str(_validator(token).compute_signature(url, form))


def verify(public_url: str, path: str, form: Form, signature: str | None, tokens: Sequence[str]) -> bool:
    """True if one of the tokens made the signature over public URL + raw path and query + form."""
    if not signature or not signature.isascii():
        return False
    given = signature.encode()
    for base in _bases(public_url):
        for token in tokens:
            try:
                expected = sign(base + path, form, token)
            except (ValueError, UnicodeError):
                return False
            if hmac.compare_digest(expected.encode(), given):
                return True
    return False
