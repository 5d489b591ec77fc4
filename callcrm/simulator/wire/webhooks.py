"""The carrier's requests to the app: signed, retried, redirected, capped at 15 s, and logged."""

import asyncio
import time
from dataclasses import dataclass, replace
from urllib.parse import urldefrag, urlencode, urlsplit, urlunsplit

import httpx

from callcrm.simulator.account import Account
from callcrm.simulator.clock import Clock
from callcrm.simulator.twiml.answers import Failure, Reply, redirect_target
from callcrm.simulator.wire.overrides import Patience, patience_of
from callcrm.simulator.wire.signature import sign, url_as_signed
from callcrm.simulator.wire.wire_log import Exchange, WireLog

HOPS = 10
HEADERS = {"User-Agent": "TwilioProxy/1.1", "Accept": "*/*", "X-Home-Region": "us1", "Connection": "close"}
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing to tell the app: where, what, and about which call or message."""

    kind: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    method: str = "POST"
    sid: str = ""
    token: str = ""


class Webhooks:
    """Runs errands for one account.

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
        patience: Patience = Patience(),  # noqa: B008  (frozen)
    ) -> None:
        self.log = WireLog()
        self._http = http
        self._account = account
        self._clock = clock
        self._public = public_url.rstrip("/")
        self._base = base_url.rstrip("/")
        self._patience = patience

    async def run(self, errand: Errand) -> Reply | Failure:
        """The app's answer, or why there is none; a retry carries the same idempotency token."""
        patience = patience_of(errand.url, self._patience)
        outcome: Reply | Failure = Failure(11205, "timeout", "rt")
        try:
            async with asyncio.timeout(patience.total):
                for _ in range(patience.retries + 1):
                    outcome = await self._attempt(errand, patience)
                    if not patience.retries_after(_trouble(outcome)):
                        break
        except TimeoutError:
            self._note(errand, {}, Failure(11205, f"no answer within {patience.total:g} s", "rt"))
        return outcome

    async def media(self, url: str, sid: str) -> Reply | Failure:
        """A sound the app asked to play: fetched by a plain GET without call parameters."""
        return await self.run(Errand("media", url, method="GET", sid=sid))

    async def _attempt(self, errand: Errand, patience: Patience) -> Reply | Failure:
        outcome = await self._once(errand, patience)
        for _ in range(HOPS):
            target = redirect_target(outcome) if isinstance(outcome, Reply) else None
            if target is None:
                return outcome
            # The body is lost on the way: what the caller pressed does not survive a redirect.
            errand = replace(errand, url=target, method="GET", params=())
            outcome = await self._once(errand, patience)
        if isinstance(outcome, Reply) and redirect_target(outcome):
            return Failure(11215, "too many redirects")
        return outcome

    async def _once(self, errand: Errand, patience: Patience) -> Reply | Failure:
        request, began = self._request(errand, patience), time.perf_counter()
        try:
            response = await self._http.send(request, follow_redirects=False, auth=None)
        except httpx.ConnectTimeout:
            outcome: Reply | Failure = Failure(11205, "connect timeout", "ct")
        except httpx.TimeoutException:
            outcome = Failure(11205, "read timeout", "rt")
        except (httpx.ConnectError, httpx.UnsupportedProtocol) as fault:
            outcome = Failure(11205, f"no connection: {type(fault).__name__}", "ct")
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            outcome = Failure(11200, f"broken answer: {type(fault).__name__}", "rt")
        else:
            headers = {name.lower(): value for name, value in response.headers.items()}
            url = urldefrag(errand.url).url
            outcome = Reply(url, response.status_code, headers, response.content)
        self._note(errand, dict(request.headers), outcome, time.perf_counter() - began)
        return outcome

    def _request(self, errand: Errand, patience: Patience) -> httpx.Request:
        url = _with_query(errand)
        form = errand.params if errand.method == "POST" else ()
        headers = dict(HEADERS)
        if errand.kind != "media":
            headers["I-Twilio-Idempotency-Token"] = errand.token
            signed = url_as_signed(url, voice=errand.kind != "message")
            headers["X-Twilio-Signature"] = sign(self._account.token, signed, form)
        if errand.method == "POST":
            headers["Content-Type"] = FORM
        wait = httpx.Timeout(patience.read, connect=patience.connect).as_dict()
        content = urlencode(form).encode() if errand.method == "POST" else None
        where = self._reach(url)
        return httpx.Request(
            errand.method, where, headers=headers, content=content, extensions={"timeout": wait}
        )

    def _reach(self, url: str) -> str:
        """Where the request really goes: to the address at which the app is served."""
        url = urldefrag(url).url
        parts = urlsplit(url)
        url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        if self._public and self._base and url.startswith(self._public):
            return self._base + url.removeprefix(self._public)
        return url

    def _note(
        self, errand: Errand, headers: dict[str, str], outcome: Reply | Failure, seconds: float = 0.0
    ) -> None:
        names = {name.lower(): name for name in ("X-Twilio-Signature", "I-Twilio-Idempotency-Token")}
        sent = {names.get(name, name): value for name, value in headers.items()}
        about = (
            self._clock.now(),
            errand.kind,
            errand.sid,
            errand.method,
            _with_query(errand),
            errand.params,
        )
        if isinstance(outcome, Failure):
            self.log.add(Exchange(*about, sent, failure=outcome.reason, seconds=seconds))
        else:
            answer = (outcome.status, outcome.headers, outcome.body)
            self.log.add(Exchange(*about, sent, *answer, seconds=seconds))


def _trouble(outcome: Reply | Failure) -> str:
    if isinstance(outcome, Failure):
        return outcome.kind
    if outcome.status >= 500:
        return "5xx"
    return "4xx" if outcome.status >= 400 else ""


def _with_query(errand: Errand) -> str:
    """A GET carries the parameters in its query, where they are signed as part of the URL."""
    if errand.method == "POST" or not errand.params:
        return errand.url
    url, _, fragment = errand.url.partition("#")
    joined = url + ("&" if "?" in url else "?") + urlencode(errand.params)
    return f"{joined}#{fragment}" if fragment else joined
