"""Whether a request was signed by the carrier: over our public URL, never over what its headers claim.

The scheme is the carrier's: HMAC-SHA1, keyed with the account's auth token, over the URL and the sorted
fields of the form. It is computed here, since the carrier's library takes no form that is not UTF-8.
"""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from urllib.parse import urlsplit

from callcrm.carrier.form import Form

HEADER = "x-twilio-signature"
DEFAULT_PORTS = {"https": 443, "http": 80}


@cache
def _signed_bases(public_url: str) -> tuple[str, ...]:
    """The public URL as configured, without its port and with one.

    The carrier keeps the port in what it signs for HTTP and for messages, and drops it for voice on HTTPS.
    """
    parts = urlsplit(public_url)
    host = parts.netloc.removesuffix(f":{parts.port}") if parts.port else parts.netloc
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    urls = [public_url, *(f"{parts.scheme}://{netloc}{parts.path}" for netloc in (host, f"{host}:{port}"))]
    return tuple(dict.fromkeys(urls))


def sign(url: str, form: Form, token: str) -> str:
    """The signature the carrier would send with this form to this URL."""
    return _sign(url.encode() + form.signed_text, token)


def _sign(text: bytes, token: str) -> str:
    # hmac.digest() hands the interpreter to other threads, and has to wait until it comes back.
    return b64encode(hmac.new(token.encode(), text, "sha1").digest()).decode()


def verify(public_url: str, path: str, form: Form, signature: str | None, tokens: Sequence[str]) -> bool:
    """True if one of the tokens made the signature over public URL + raw path and query + form."""
    if not signature or not signature.isascii():
        return False
    received, signed = signature.encode(), path.encode() + form.signed_text
    expected = (
        _sign(base.encode() + signed, token)
        for base in _signed_bases(public_url)
        for token in tokens  # two while the auth token is being rotated
    )
    return any(hmac.compare_digest(text.encode(), received) for text in expected)
