"""The carrier's requests to the app: signed, retried, redirected, capped at 15 s, and logged."""

import asyncio
import time
from dataclasses import dataclass, replace
from urllib.parse import urldefrag, urlencode, urlsplit, urlunsplit

import httpx

from callcrm.simulator.account import Account
from callcrm.simulator.clock import Clock
from callcrm.simulator.wire.connection_policy import ConnectionPolicy, connection_policy
from callcrm.simulator.wire.responses import WebhookFailure, WebhookResponse, redirect_target
from callcrm.simulator.wire.signature import sign, url_as_signed
from callcrm.simulator.wire.wire_log import Exchange, WireLog

MAX_REDIRECTS = 10
HEADERS = {"User-Agent": "TwilioProxy/1.1", "Accept": "*/*", "X-Home-Region": "us1", "Connection": "close"}
FORM_TYPE = "application/x-www-form-urlencoded; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One request to the app. `kind` is that of the log's Exchange; `sid` the call or message it is about."""

    kind: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    method: str = "POST"
    sid: str = ""
    idempotency_token: str = ""


class WebhookClient:
    """Sends the requests of one account.

    `public_url` is what the app believes its address to be; what starts with it is signed as it is
    and sent to `base_url`.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        account: Account,
        clock: Clock,
        *,
        public_url: str = "",
        base_url: str = "",
        policy: ConnectionPolicy = ConnectionPolicy(),  # noqa: B008  (frozen)
    ) -> None:
        self.log = WireLog()
        self._http = http
        self._account = account
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._base_url = base_url.rstrip("/")
        self._policy = policy

    async def send(self, request: WebhookRequest) -> WebhookResponse | WebhookFailure:
        """The app's response, or why there is none; a retry carries the same idempotency token."""
        policy = connection_policy(request.url, self._policy)
        result: WebhookResponse | WebhookFailure = WebhookFailure(11205, "timeout", "rt")
        try:
            async with asyncio.timeout(policy.total):
                for _ in range(policy.retries + 1):
                    result = await self._send_following_redirects(request, policy)
                    if not policy.retries_after(_failure_kind(result)):
                        break
        except TimeoutError:
            self._log_exchange(
                request, {}, WebhookFailure(11205, f"no answer within {policy.total:g} s", "rt")
            )
        return result

    async def fetch_media(self, url: str, sid: str) -> WebhookResponse | WebhookFailure:
        """A file for Play: the carrier fetches it by a plain GET, unsigned and without call parameters."""
        return await self.send(WebhookRequest("media", url, method="GET", sid=sid))

    async def _send_following_redirects(
        self, request: WebhookRequest, policy: ConnectionPolicy
    ) -> WebhookResponse | WebhookFailure:
        result = await self._send_once(request, policy)
        for _ in range(MAX_REDIRECTS):
            target = redirect_target(result) if isinstance(result, WebhookResponse) else None
            if target is None:
                return result
            # The body is lost on the way: what the caller pressed does not survive a redirect.
            request = replace(request, url=target, method="GET", params=())
            result = await self._send_once(request, policy)
        if isinstance(result, WebhookResponse) and redirect_target(result):
            return WebhookFailure(11215, "too many redirects")
        return result

    async def _send_once(
        self, request: WebhookRequest, policy: ConnectionPolicy
    ) -> WebhookResponse | WebhookFailure:
        http_request, began = self._http_request(request, policy), time.perf_counter()
        try:
            response = await self._http.send(http_request, follow_redirects=False, auth=None)
        except httpx.ConnectTimeout:
            result: WebhookResponse | WebhookFailure = WebhookFailure(11205, "connect timeout", "ct")
        except httpx.TimeoutException:
            result = WebhookFailure(11205, "read timeout", "rt")
        except (httpx.ConnectError, httpx.UnsupportedProtocol) as error:
            result = WebhookFailure(11205, f"no connection: {type(error).__name__}", "ct")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            result = WebhookFailure(11200, f"broken answer: {type(error).__name__}", "rt")
        else:
            headers = {name.lower(): value for name, value in response.headers.items()}
            url = urldefrag(request.url).url
            result = WebhookResponse(url, response.status_code, headers, response.content)
        self._log_exchange(request, dict(http_request.headers), result, time.perf_counter() - began)
        return result

    def _http_request(self, request: WebhookRequest, policy: ConnectionPolicy) -> httpx.Request:
        url = _requested_url(request)
        form = request.params if request.method == "POST" else ()
        headers = dict(HEADERS)
        if request.kind != "media":
            headers["I-Twilio-Idempotency-Token"] = request.idempotency_token
            signed_url = url_as_signed(url, is_voice=request.kind != "message")
            headers["X-Twilio-Signature"] = sign(self._account.token, signed_url, form)
        if request.method == "POST":
            headers["Content-Type"] = FORM_TYPE
        timeout = httpx.Timeout(policy.read, connect=policy.connect).as_dict()
        content = urlencode(form).encode() if request.method == "POST" else None
        return httpx.Request(
            request.method,
            self._served_url(url),
            headers=headers,
            content=content,
            extensions={"timeout": timeout},
        )

    def _served_url(self, url: str) -> str:
        """Where the request really goes: the address at which the app is served."""
        url = urldefrag(url).url
        parts = urlsplit(url)
        url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        if self._public_url and self._base_url and url.startswith(self._public_url):
            return self._base_url + url.removeprefix(self._public_url)
        return url

    def _log_exchange(
        self,
        request: WebhookRequest,
        headers: dict[str, str],
        result: WebhookResponse | WebhookFailure,
        seconds: float = 0.0,
    ) -> None:
        # httpx has put the names into lower case.
        names = {name.lower(): name for name in ("X-Twilio-Signature", "I-Twilio-Idempotency-Token")}
        headers = {names.get(name, name): value for name, value in headers.items()}
        sent = (
            self._clock.now(),
            request.kind,
            request.sid,
            request.method,
            _requested_url(request),
            request.params,
            headers,
        )
        if isinstance(result, WebhookFailure):
            self.log.add(Exchange(*sent, failure=result.reason, seconds=seconds))
        else:
            self.log.add(Exchange(*sent, result.status, result.headers, result.body, seconds=seconds))


def _failure_kind(result: WebhookResponse | WebhookFailure) -> str:
    """What the retry policy calls it; empty for a success."""
    if isinstance(result, WebhookFailure):
        return result.kind
    if result.status >= 500:
        return "5xx"
    return "4xx" if result.status >= 400 else ""


def _requested_url(request: WebhookRequest) -> str:
    """The URL with a GET's parameters in its query, where they are signed as part of it."""
    if request.method == "POST" or not request.params:
        return request.url
    url, _, fragment = request.url.partition("#")
    joined = url + ("&" if "?" in url else "?") + urlencode(request.params)
    return f"{joined}#{fragment}" if fragment else joined
