"""Checks over the network: the public URL, and the account and numbers at the carrier."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urldefrag, urlsplit

import httpx

from callcrm.base.errors import Unavailable
from callcrm.carrier.errors import CarrierRefused
from callcrm.carrier.resources import CarrierNumber
from callcrm.carrier.rest import RestClient, open_rest_client
from callcrm.carrier.rest_transport import open_http, tls_context
from callcrm.carrier.urls import number_urls
from callcrm.cli.checks import together
from callcrm.cli.checks.result import CheckResult, not_checked, ok, wrong
from callcrm.cli.clock_and_threads import clock
from callcrm.config import Settings

LOOPBACK = ("localhost", "127.0.0.1", "::1")
MAX_SKEW = timedelta(seconds=2)
TIMEOUT_SECONDS = 5.0


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _resolves(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except (OSError, UnicodeError):
        return False


def _public_url_fault(settings: Settings) -> CheckResult | None:
    """What is wrong with the URL as it stands, before it is requested."""
    url, host = settings.public_url, _host(settings.public_url)
    name = "CALLCRM_PUBLIC_URL"
    if host in LOOPBACK:
        if _host(settings.carrier_api_url) in LOOPBACK:
            return None
        return wrong(
            "public URL", f"{url} can't be called by the carrier", f"set {name} to where it calls you"
        )
    if urlsplit(url).scheme != "https":
        return wrong(
            "public URL", f"{url} is not https: calls can be read on the way", f"set {name} to https://…"
        )
    if "_" in host:
        return wrong(
            "public URL", f"{host} has an underscore, which carriers refuse", "use another host name"
        )
    if not _resolves(host):
        return wrong("public URL", f"{host} has no address", f"mend the DNS entry, or {name}")
    return None


async def check_public_url(settings: Settings) -> AsyncIterator[CheckResult]:
    """Whether the carrier can call the public URL, and callcrm answers there."""
    if not settings.public_url:
        yield not_checked("public URL", "CALLCRM_PUBLIC_URL is not set: it will be where `serve` listens")
        return
    if fault := _public_url_fault(settings):
        yield fault
        return
    try:
        async with httpx.AsyncClient(verify=tls_context(trust_env=True), timeout=TIMEOUT_SECONDS) as http:
            response = await http.get(f"{settings.public_url}/healthz")
    except httpx.HTTPError as error:
        yield not_checked(
            "public URL", f"nothing answers at {settings.public_url} from here ({type(error).__name__})"
        )
        return
    if response.status_code == 200:
        yield ok("public URL", f"{settings.public_url} answers")
    else:
        cause = (
            f"{settings.public_url}/healthz answers {response.status_code}: not callcrm, or its proxy fails"
        )
        yield wrong("public URL", cause, "let the proxy pass every path on, unchanged")


@dataclass
class _SkewMeter:
    """How far our clock is from the carrier's, measured by the Date header of its responses."""

    skew: timedelta | None = None

    async def measure(self, response: httpx.Response) -> None:
        """Set the skew. The header has whole seconds: being ahead by up to one is none."""
        try:
            carrier_time: datetime = parsedate_to_datetime(response.headers["date"])
        except (KeyError, ValueError, TypeError):
            return
        ahead = clock.now() - carrier_time
        self.skew = max(ahead - timedelta(seconds=1), timedelta()) if ahead > timedelta() else -ahead


def _check_clock(skew: timedelta | None) -> CheckResult:
    if skew is None:
        return not_checked("clock", "the carrier tells no time")
    if skew > MAX_SKEW:
        cause = f"our clock and the carrier's are {skew.total_seconds():.0f} s apart"
        return wrong("clock", cause, "let the machine keep its time by NTP")
    return ok("clock", "agrees with the carrier's")


async def check_carrier(settings: Settings) -> AsyncIterator[CheckResult]:
    """Whether the carrier accepts the account, agrees on the time, and has our URLs at each number."""
    if not (settings.account_sid and settings.auth_token):
        yield not_checked("carrier", "no account is set")
        return
    skew_meter = _SkewMeter()
    async with open_http() as http:
        http.event_hooks = {"response": [skew_meter.measure]}
        rest_client = open_rest_client(settings, clock, http)
        account = await _check_account(rest_client)
        yield account
        yield _check_clock(skew_meter.skew)
        async for result in _check_numbers(settings, rest_client):
            yield result


async def _check_account(rest_client: RestClient) -> CheckResult:
    try:
        status = await rest_client.account_status()
    except CarrierRefused as refusal:
        remedy = "mend TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or CALLCRM_TWILIO_API_URL"
        return wrong("carrier", str(refusal), remedy)
    except Unavailable as error:
        return wrong("carrier", str(error), "mend the way out of this machine, or CALLCRM_TWILIO_API_URL")
    if status != "active":
        return wrong("carrier", f"the account is {status}", "settle it with the carrier")
    return ok("carrier", "knows the account")


async def _check_numbers(settings: Settings, rest_client: RestClient) -> AsyncIterator[CheckResult]:
    if not settings.numbers:
        yield not_checked("numbers", "CALLCRM_NUMBERS is not set: no outgoing calls, and nothing to check")
        return
    try:
        at_carrier = {number.number: number async for number in rest_client.list_numbers()}
    except (CarrierRefused, Unavailable) as error:
        yield not_checked("numbers", f"the carrier does not list them: {error}")
        return
    for number in settings.numbers:
        if number not in at_carrier:
            remedy = "mend CALLCRM_NUMBERS, or buy or move the number"
            yield wrong(f"number {number}", "the account has no such number", remedy)
            continue
        faults = _number_faults(settings, at_carrier[number])
        for result in faults or [ok(f"number {number}", "its URLs lead here, with a fallback elsewhere")]:
            yield result


def _number_faults(settings: Settings, number: CarrierNumber) -> list[CheckResult]:
    subject, ours = f"number {number.number}", number_urls(settings.public_url)
    faults = []
    # Fragments are connection overrides, which the operator may choose.
    if urldefrag(number.voice_url).url != urldefrag(ours.voice).url or number.voice_method != "POST":
        cause = f"its Voice URL is {number.voice_method} {number.voice_url or 'not set'}"
        faults.append(wrong(subject, cause, f"set it to POST {ours.voice}"))
    if not number.fallback_url:
        remedy = "host what `callcrm doctor --print-fallback` prints elsewhere, and set it as Fallback URL"
        faults.append(
            wrong(subject, "it has no Fallback URL: when we are down, callers hear an error", remedy)
        )
    elif _host(number.fallback_url) == _host(settings.public_url):
        cause = "its Fallback URL is on this host, and down when this host is"
        faults.append(wrong(subject, cause, "host what `callcrm doctor --print-fallback` prints elsewhere"))
    if urldefrag(number.status_url).url != urldefrag(ours.status).url:
        cause = f"its status callback is {number.status_url or 'not set'}"
        faults.append(wrong(subject, cause, f"set it to POST {ours.status}"))
    return faults


CHECKS = (check_public_url, check_carrier, *together.REMOTE_CHECKS)
