"""Checks of what the world sees of us: the public URL, and what the carrier has been told."""

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
from callcrm.carrier.rest_transport import open_http
from callcrm.carrier.urls import number_urls
from callcrm.cli.checks.result import Finding, fine, unseen, wrong
from callcrm.cli.machine import clock
from callcrm.config import Settings

LOOPBACK = ("localhost", "127.0.0.1", "::1")
MOST_SKEW = timedelta(seconds=2)
PATIENCE = 5.0


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _resolves(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except (OSError, UnicodeError):
        return False


def _fault_of_address(settings: Settings) -> Finding | None:
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


async def public_url(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the carrier can call the public URL, and callcrm answers there."""
    if not settings.public_url:
        yield unseen("public URL", "CALLCRM_PUBLIC_URL is not set: it will be where `serve` listens")
        return
    if fault := _fault_of_address(settings):
        yield fault
        return
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as http:
            answer = await http.get(f"{settings.public_url}/healthz")
    except httpx.HTTPError as fault:
        yield unseen(
            "public URL", f"nothing answers at {settings.public_url} from here ({type(fault).__name__})"
        )
        return
    if answer.status_code == 200:
        yield fine("public URL", f"{settings.public_url} answers")
    else:
        cause = f"{settings.public_url}/healthz answers {answer.status_code}: not callcrm, or its proxy fails"
        yield wrong("public URL", cause, "let the proxy pass every path on, unchanged")


@dataclass
class _Watch:
    """The carrier's clock beside ours, read off the answers that pass."""

    skew: timedelta | None = None

    async def look(self, response: httpx.Response) -> None:
        """Note how far apart the clocks are; the carrier's is told in whole seconds."""
        try:
            told: datetime = parsedate_to_datetime(response.headers["date"])
        except (KeyError, ValueError, TypeError):
            return
        ahead = clock.now() - told
        self.skew = max(ahead - timedelta(seconds=1), timedelta()) if ahead > timedelta() else -ahead


def _clock(watch: _Watch) -> Finding:
    if watch.skew is None:
        return unseen("clock", "the carrier tells no time")
    if watch.skew > MOST_SKEW:
        cause = f"our clock and the carrier's are {watch.skew.total_seconds():.0f} s apart"
        return wrong("clock", cause, "let the machine keep its time by NTP")
    return fine("clock", "agrees with the carrier's")


async def carrier(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the carrier knows the account, the time and our numbers, and has been told our URLs."""
    if not (settings.account_sid and settings.auth_token):
        yield unseen("carrier", "no account is set")
        return
    watch = _Watch()
    async with open_http() as http:
        http.event_hooks = {"response": [watch.look]}
        rest_client = open_rest_client(settings, clock, http)
        account = await _account(rest_client)
        yield account
        yield _clock(watch)
        async for finding in _numbers(settings, rest_client):
            yield finding


async def _account(rest_client: RestClient) -> Finding:
    try:
        status = await rest_client.account_status()
    except CarrierRefused as refusal:
        mend = "mend TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or CALLCRM_TWILIO_API_URL"
        return wrong("carrier", str(refusal), mend)
    except Unavailable as fault:
        return wrong("carrier", str(fault), "mend the way out of this machine, or CALLCRM_TWILIO_API_URL")
    if status != "active":
        return wrong("carrier", f"the account is {status}", "settle it with the carrier")
    return fine("carrier", "knows the account")


async def _numbers(settings: Settings, rest_client: RestClient) -> AsyncIterator[Finding]:
    if not settings.numbers:
        yield unseen("numbers", "CALLCRM_NUMBERS is not set: no outgoing calls, and nothing to check")
        return
    try:
        known = {one.number: one async for one in rest_client.list_numbers()}
    except (CarrierRefused, Unavailable) as fault:
        yield unseen("numbers", f"the carrier does not list them: {fault}")
        return
    for number in settings.numbers:
        if number not in known:
            mend = "mend CALLCRM_NUMBERS, or buy or move the number"
            yield wrong(f"number {number}", "the account has no such number", mend)
            continue
        faults = list(_faults_of_number(settings, known[number]))
        for finding in faults or [fine(f"number {number}", "its URLs lead here, with a fallback elsewhere")]:
            yield finding


def _faults_of_number(settings: Settings, number: CarrierNumber) -> list[Finding]:
    subject, told = f"number {number.number}", number_urls(settings.public_url)
    found = []
    if urldefrag(number.voice_url).url != urldefrag(told.voice).url or number.voice_method != "POST":
        cause = f"its Voice URL is {number.voice_method} {number.voice_url or 'not set'}"
        found.append(wrong(subject, cause, f"set it to POST {told.voice}"))
    if not number.fallback_url:
        mend = "host what `callcrm doctor --print-fallback` prints elsewhere, and set it as Fallback URL"
        found.append(wrong(subject, "it has no Fallback URL: when we are down, callers hear an error", mend))
    elif _host(number.fallback_url) == _host(settings.public_url):
        cause = "its Fallback URL is on this host, and down when this host is"
        found.append(wrong(subject, cause, "host what `callcrm doctor --print-fallback` prints elsewhere"))
    if urldefrag(number.status_url).url != urldefrag(told.status).url:
        cause = f"its status callback is {number.status_url or 'not set'}"
        found.append(wrong(subject, cause, f"set it to POST {told.status}"))
    return found


ALL = (public_url, carrier)
