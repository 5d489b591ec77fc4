"""One request to the carrier's REST API and its response, or the fault that says what may be done next."""

import json
import re
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx

from callcrm.base.clock import Clock
from callcrm.base.errors import chain
from callcrm.carrier.errors import CarrierDown, CarrierRefused, CarrierUnknown

VERSION = "2010-04-01"
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 10.0
MAX_RESPONSE = 16 * 1024 * 1024  # bytes
MAX_MESSAGE = 200
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
PHONE_NUMBER = re.compile(r"\+?\d{6,}")

Uncertain = type[CarrierDown] | type[CarrierUnknown]
Values = Mapping[str, str | list[str]] | Mapping[str, str]


class _TooLong(httpx.HTTPError):
    """The response is longer than any the carrier gives."""


@cache
def tls_context(*, trust_env: bool) -> ssl.SSLContext:
    """TLS with the certificates that httpx trusts: to read them takes 30 ms, so they are read once."""
    return httpx.create_ssl_context(trust_env=trust_env)


def open_http() -> httpx.AsyncClient:
    """An HTTP client with our timeouts for the carrier; whoever opens it closes it."""
    return httpx.AsyncClient(
        verify=tls_context(trust_env=True),
        timeout=httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
        headers={"User-Agent": "callcrm"},
    )


class RestTransport:
    """The carrier's API for one account, below `/2010-04-01/Accounts/…`."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        clock: Clock,
        *,
        api_url: str,
        account: str,
        token: str,
        total: float = TOTAL_SECONDS,
    ) -> None:
        self._http = http
        self._clock = clock
        self._base = f"{api_url}/{VERSION}/Accounts/{account}"
        self._auth = httpx.BasicAuth(account, token)
        self._total = total

    async def get(self, path: str, query: Values | str = "") -> dict[str, Any]:
        """The resource at a path; it changes nothing, so a failure is CarrierDown and may be tried again."""
        url = httpx.URL(self._base + path)
        if query:
            url = (
                url.copy_with(query=query.encode())
                if isinstance(query, str)
                else url.copy_merge_params(query)
            )
        return await self._send(self._http.build_request("GET", url), CarrierDown)

    async def post(self, path: str, form: Values) -> dict[str, Any]:
        """The response to a form; CarrierUnknown if it was sent and nothing sensible came back."""
        return await self._send(
            self._http.build_request("POST", self._base + path, data=form), CarrierUnknown
        )

    async def _send(self, request: httpx.Request, uncertain: Uncertain) -> dict[str, Any]:
        """The response's object; `uncertain` is raised where it may or may not have been carried out."""
        try:
            async with self._clock.timeout(self._total):
                status, body = await self._exchange(request)
        except NEVER_SENT as fault:
            raise CarrierDown(_unreached(fault)) from None
        except (TimeoutError, httpx.HTTPError) as fault:
            raise uncertain(f"the carrier did not answer ({type(fault).__name__})") from None
        return _result(status, body, uncertain)

    async def _exchange(self, request: httpx.Request) -> tuple[int, bytes]:
        response = await self._http.send(request, auth=self._auth, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_RESPONSE:
                    raise _TooLong("too long an answer")
            return response.status_code, bytes(body)
        finally:
            await response.aclose()


def _unreached(fault: httpx.TransportError) -> str:
    """A certificate is also refused where the clock of this machine is wrong."""
    for cause in chain(fault):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the carrier's certificate is refused: {cause.verify_message}"
    return "the carrier can't be reached"


def _result(status: int, body: bytes, uncertain: Uncertain) -> dict[str, Any]:
    payload = _json_object(body)
    if 200 <= status < 300:
        if payload is None:
            raise uncertain("the carrier's answer can't be read")
        return payload
    if status == 429:  # documented as not processed
        raise CarrierDown("the carrier is overloaded (429)")
    if 300 <= status < 400:
        raise CarrierDown("the carrier's API redirects elsewhere: check CALLCRM_TWILIO_API_URL")
    if 400 <= status < 500:
        raise _refusal(status, payload or {})
    raise uncertain(f"the carrier failed ({status})")


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _refusal(status: int, payload: dict[str, Any]) -> CarrierRefused:
    """The carrier's own words without the phone numbers it likes to repeat.

    Its error documents have two shapes: `message` and `code`, or RFC 9457's `title` and `detail`.
    """
    message = payload.get("message") or payload.get("detail") or payload.get("title") or f"HTTP {status}"
    text = PHONE_NUMBER.sub("…", str(message))[:MAX_MESSAGE]
    code = payload.get("code")
    number = code if isinstance(code, int) and not isinstance(code, bool) else None
    return CarrierRefused(
        f"the carrier refused: {text}" + (f" ({number})" if number else ""), code=number, status=status
    )
