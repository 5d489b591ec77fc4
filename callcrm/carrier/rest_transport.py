"""One request to the carrier's REST API and its answer, or the fault that says what may be done next."""

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from callcrm.base.clock import Clock
from callcrm.carrier.errors import CarrierDown, CarrierRefused, CarrierUnknown

VERSION = "2010-04-01"
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 10.0
LARGEST_ANSWER = 16 * 1024 * 1024
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
NUMBERS = re.compile(r"\+?\d{6,}")

Values = Mapping[str, str | list[str]] | Mapping[str, str]


class _TooLong(httpx.HTTPError):
    """The answer is longer than any the carrier gives."""


def open_http() -> httpx.AsyncClient:
    """A client with the patience we have for the carrier; whoever opens it closes it."""
    return httpx.AsyncClient(
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
        """What the carrier has at a path; asking changes nothing, so any failure may be tried again."""
        url = httpx.URL(self._base + path)
        if query:
            url = (
                url.copy_with(query=query.encode())
                if isinstance(query, str)
                else url.copy_merge_params(query)
            )
        return await self._ask(self._http.build_request("GET", url), CarrierDown)

    async def post(self, path: str, form: Values) -> dict[str, Any]:
        """The carrier's answer to a form; CarrierUnknown if it was sent and nothing sensible came back."""
        return await self._ask(self._http.build_request("POST", self._base + path, data=form), CarrierUnknown)

    async def _ask(
        self, request: httpx.Request, lost: type[CarrierDown] | type[CarrierUnknown]
    ) -> dict[str, Any]:
        try:
            async with self._clock.timeout(self._total):
                status, body = await self._exchange(request)
        except NEVER_SENT:
            raise CarrierDown("the carrier can't be reached") from None
        except (TimeoutError, httpx.HTTPError) as fault:
            raise lost(f"the carrier did not answer ({type(fault).__name__})") from None
        return _verdict(status, body, lost)

    async def _exchange(self, request: httpx.Request) -> tuple[int, bytes]:
        response = await self._http.send(request, auth=self._auth, stream=True)
        try:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise _TooLong("too long an answer")
            return response.status_code, bytes(body)
        finally:
            await response.aclose()


def _verdict(status: int, body: bytes, lost: type[CarrierDown] | type[CarrierUnknown]) -> dict[str, Any]:
    said = _object(body)
    if 200 <= status < 300:
        if said is None:
            raise lost("the carrier's answer can't be read")
        return said
    if status == 429:  # documented as not processed
        raise CarrierDown("the carrier is overloaded (429)")
    if 300 <= status < 400:
        raise CarrierDown("the carrier's API redirects elsewhere: check CALLCRM_TWILIO_API_URL")
    if 400 <= status < 500:
        raise _refusal(status, said or {})
    raise lost(f"the carrier failed ({status})")


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refusal(status: int, said: dict[str, Any]) -> CarrierRefused:
    """The carrier's own words, in either of its two shapes, without the numbers it likes to repeat."""
    told = said.get("message") or said.get("detail") or said.get("title") or f"HTTP {status}"
    code = said.get("code")
    words = NUMBERS.sub("…", str(told))[:200]
    number = code if isinstance(code, int) and not isinstance(code, bool) else None
    return CarrierRefused(
        f"the carrier refused: {words}" + (f" ({number})" if number else ""), code=number, status=status
    )
